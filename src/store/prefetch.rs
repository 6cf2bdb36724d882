//! Reading a file into the host's memory before it is checked.
//!
//! redb's check goes twice through the trees, page by page, and waits for the disk at each page that the host does not
//! hold. A disk gives a file much faster when it is asked for it from one end to the other: a start at a million entries
//! takes two thirds of the time. Somebody who reads ahead beside the check is no help, for the two are in each other's way.
//! What the check sees is the same.

use rustix::fs::SeekFrom;
use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

/// How much is asked for at once.
const PART: usize = 1 << 20;
/// The unit of [`MetadataExt::blocks`], in bytes.
const BLOCK: u64 = 512;

/// Reads the file once, without its holes. Where the host's memory would not hold it, that would be for nothing, and nothing
/// is read. An error is for the check to meet.
pub(super) fn read_through(file: &File) {
    let held = file.metadata().map_or(u64::MAX, |metadata| metadata.blocks().saturating_mul(BLOCK));
    if available().is_none_or(|available| held < available / 4 * 3) {
        let _ = read_data(file);
    }
}

/// How many bytes were read.
fn read_data(file: &File) -> std::io::Result<u64> {
    let mut part = vec![0; PART];
    let (mut at, mut read) = (0_u64, 0_u64);
    // Beyond the last byte, and where all that follows is a hole, there is no data, which is an error.
    while let Ok(begin) = rustix::fs::seek(file, SeekFrom::Data(at)) {
        let end = rustix::fs::seek(file, SeekFrom::Hole(begin))?;
        // A file system that says so would keep us here for ever.
        if end <= begin {
            break;
        }
        at = begin;
        while at < end {
            let now = file.read_at(&mut part, at)? as u64;
            if now == 0 {
                return Ok(read);
            }
            at = at.saturating_add(now);
            read = read.saturating_add(now);
        }
    }
    Ok(read)
}

/// What the host could hold of files without writing anything else out, in bytes.
fn available() -> Option<u64> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    kilobytes(&meminfo)?.checked_mul(1024)
}

fn kilobytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_without_its_holes() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(100 << 20).unwrap();
        assert!(read_data(&file).unwrap() <= PART as u64, "nothing was written");
        file.write_all_at(&vec![7; 3 << 20], 50 << 20).unwrap();
        file.write_all_at(b"end", (100 << 20) - 3).unwrap();
        let read = read_data(&file).unwrap();
        assert!((3 << 20..6 << 20).contains(&read), "{read}");
        // What cannot be read is for the check to find.
        let place = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(place.path(), b"data").unwrap();
        let closed = File::options().write(true).open(place.path()).unwrap();
        assert!(read_data(&closed).is_err());
        read_through(&closed);
    }

    #[test]
    fn the_host_says_how_much_it_could_hold() {
        assert!(available().unwrap() > 1 << 20);
        assert_eq!(kilobytes("MemTotal:  9 kB\nMemAvailable:   24117248 kB\n"), Some(24_117_248));
        assert_eq!(kilobytes("MemTotal:  9 kB\n"), None);
    }
}
