//! Reading a file into the host's memory while it is being checked.
//!
//! redb's check goes through the trees page by page and waits for the disk at each page that the host does not hold. A disk
//! gives a file much faster when it is asked for it in large parts, so somebody goes ahead and asks: a start at a million
//! entries takes a quarter less. What the check sees is the same; where the host's memory is smaller than the file, the
//! disk reads more for nothing.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much is asked for at once.
const PART: usize = 1 << 20;

/// Does `work` while another thread goes ahead through `file`. It ends with it.
pub(super) fn prefetching<T>(file: &File, work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ahead = || go_through(file, &done);
        // Without it the work is slower, and no less right.
        drop(std::thread::Builder::new().name("store-prefetch".to_owned()).spawn_scoped(scope, ahead));
        // Also where the work panics, which redb may do on a damaged page: nobody must be kept waiting for the rest.
        let _stop = Stop(&done);
        work()
    })
}

/// Says so when it is dropped.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// To the end of the file or of the work. An error is for the work to meet.
fn go_through(file: &File, done: &AtomicBool) {
    let mut part = vec![0; PART];
    let mut at = 0_u64;
    while !done.load(Ordering::Relaxed) {
        match file.read_at(&mut part, at) {
            Ok(read) if read > 0 => at = at.saturating_add(read as u64),
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn it_ends_with_the_work_and_passes_on_what_that_came_to() {
        let mut file = tempfile::tempfile().unwrap();
        file.set_len(5 << 20).unwrap();
        assert_eq!(prefetching(&file, || 7), 7);
        // An endless file: only the end of the work ends it.
        file = File::open("/dev/zero").unwrap();
        assert_eq!(prefetching(&file, || 8), 8);
        let ended = catch_unwind(AssertUnwindSafe(|| prefetching(&file, || panic!("a damaged page"))));
        assert!(ended.is_err());
        // What cannot be read is for the work to find.
        assert_eq!(prefetching(&File::open("/").unwrap(), || 9), 9);
    }
}
