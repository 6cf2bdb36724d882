/* Loaded before the C library: every write that lasts takes longer, for whoever asks for it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static int late(const char *name, int file)
{
    const char *said = getenv("RECORD_SLOWER");
    long us = said ? atol(said) : 0;
    struct timespec time = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&time, NULL);
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(file);
}

int fdatasync(int file)
{
    return late("fdatasync", file);
}

int fsync(int file)
{
    return late("fsync", file);
}
