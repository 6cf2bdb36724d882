//! A person at the terminal in which `kyukyu-card` runs.

use super::PATIENCE;
use super::program::no_pin;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// What stands on the screen, and the keyboard.
pub struct Person {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    _terminal: Box<dyn MasterPty + Send>,
    coming: Receiver<Vec<u8>>,
    screen: Vec<u8>,
}

impl Person {
    /// Starts the program in a pty.
    pub fn starts(arguments: &[&str]) -> Self {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kyukyu-card"));
        command.args(arguments);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (comes, coming) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                let _ = comes.send(bytes[..length].to_vec());
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self { child, keyboard, _terminal: pair.master, coming, screen: Vec::new() }
    }

    /// Waits for words on the screen.
    pub fn sees(&mut self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.screen().contains(words) {
            let left = deadline.saturating_duration_since(Instant::now());
            let more = self.coming.recv_timeout(left);
            self.screen.extend(more.unwrap_or_else(|_| panic!("no {words} in {}", self.screen())));
        }
    }

    /// Waits until the program answers at its socket.
    pub fn waits_for(&self, socket: &Path) {
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(socket).is_err() {
            assert!(Instant::now() < deadline, "nobody answers at {}", socket.display());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen).into_owned()
    }

    /// Waits for the end; everything that stood on the screen, in which no PIN is.
    pub fn leaves(mut self) -> (String, u32) {
        while let Ok(more) = self.coming.recv_timeout(PATIENCE) {
            self.screen.extend(more);
        }
        let code = self.child.wait().unwrap().exit_code();
        no_pin(&self.screen());
        (self.screen(), code)
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
