//! A recording between two ends of a Unix socket: what a wiretapper on a forwarded line would see.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

/// Everything that went over the line, in each direction.
#[derive(Clone, Default)]
pub struct Wire {
    there: Arc<Mutex<Vec<u8>>>,
    back: Arc<Mutex<Vec<u8>>>,
}

impl Wire {
    /// Listens at `here` and passes on to `far`, as `ssh -R` does; connections to a far end that is gone are closed.
    pub fn tap(here: &Path, far: PathBuf) -> Self {
        let wire = Self::default();
        let (own, listener) = (wire.clone(), UnixListener::bind(here).unwrap());
        thread::spawn(move || {
            for near in listener.incoming() {
                let near = near.unwrap();
                let Ok(far) = UnixStream::connect(&far) else { continue };
                own.clone().join(near, far);
            }
        });
        wire
    }

    fn join(self, near: UnixStream, far: UnixStream) {
        let (near_in, far_in) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        thread::spawn(move || pass_on(near_in, far, &self.there));
        thread::spawn(move || pass_on(far_in, near, &self.back));
    }

    /// What went to the far end.
    pub fn there(&self) -> Vec<u8> {
        self.there.lock().unwrap().clone()
    }

    /// What came back.
    pub fn back(&self) -> Vec<u8> {
        self.back.lock().unwrap().clone()
    }
}

fn pass_on(mut from: UnixStream, mut to: UnixStream, record: &Mutex<Vec<u8>>) {
    let mut bytes = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        record.lock().unwrap().extend_from_slice(&bytes[..count]);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
