//! A small file system of one's own, really full when it is filled: ext4 on a loop device, or tmpfs where nobody may
//! have one. It is mounted in a mount namespace that ends with the process, so nothing of it stays behind.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const KIND: &str = "KYUKYU_TEST_SMALL_DISK";
const FILLER: &str = "filler";

/// What such a process may mount.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// ext4 in a file, on a loop device: needs root, /dev/loop-control and mkfs.ext4.
    Ext4,
    /// tmpfs as root of the machine.
    Tmpfs,
    /// tmpfs as root of a user namespace.
    UserTmpfs,
}

impl Kind {
    fn of_process() -> Option<Self> {
        let name = std::env::var(KIND).ok()?;
        [Self::Ext4, Self::Tmpfs, Self::UserTmpfs].into_iter().find(|kind| format!("{kind:?}") == name)
    }

    fn run(self, words: &[&str]) -> std::io::Result<Output> {
        let user: &[&str] = if self == Self::UserTmpfs { &["--user", "--map-root-user"] } else { &[] };
        let mut command = Command::new("unshare");
        command.args(user).args(["--mount", "--propagation", "private"]).args(words);
        command.env(KIND, format!("{self:?}")).output()
    }

    /// Whether it works here.
    fn is_to_be_had(self) -> bool {
        let try_test = "small_disk::a_small_disk_can_be_mounted";
        self.run_test(try_test).is_ok_and(|output| output.status.success())
    }

    fn run_test(self, name: &str) -> std::io::Result<Output> {
        let program = std::env::current_exe().unwrap();
        self.run(&[program.to_str().unwrap(), "--exact", name, "--nocapture"])
    }
}

/// The try. Alone it does nothing.
#[test]
fn a_small_disk_can_be_mounted() {
    if Kind::of_process().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    fs::write(place.join("kept"), "as before").unwrap();
    let disk = SmallDisk::over(&place, 8);
    assert_eq!(fs::read_to_string(place.join("kept")).unwrap(), "as before");
    disk.fill();
    let full = fs::write(place.join("more"), [1]).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    fs::remove_file(place.join("more")).unwrap();
    disk.free();
    fs::write(place.join("more"), [1]).unwrap();
}

/// Runs a test of this program where it may mount. False where nobody lets it.
pub(crate) fn run_where_one_may_mount(test: &str) -> bool {
    let kinds = [Kind::Ext4, Kind::Tmpfs, Kind::UserTmpfs];
    let Some(kind) = kinds.into_iter().find(|kind| kind.is_to_be_had()) else {
        println!("not tried: this machine lets nobody mount anything in a namespace (unshare, mount)");
        return false;
    };
    println!("{test}: on {kind:?}");
    let output = kind.run_test(test).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{kind:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "{said}");
    said.lines().filter(|line| line.contains("full disk")).for_each(|line| println!("{line}"));
    true
}

/// Whether this process is the one that may mount.
pub(crate) fn is_here() -> bool {
    Kind::of_process().is_some()
}

/// A small file system in the place of a folder, with what was in that.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Puts one of so many MiB there.
    pub(crate) fn over(place: &Path, megabytes: u64) -> Self {
        let kind = Kind::of_process().expect("only where one may mount");
        let aside = place.with_extension("aside");
        run(Command::new("cp").arg("-a").arg(place).arg(&aside));
        let owner = fs::metadata(place).unwrap();
        if kind == Kind::Ext4 {
            let image = place.with_extension("ext4");
            File::create(&image).unwrap().set_len(megabytes << 20).unwrap();
            let made = ["-q", "-F", "-m", "0", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"];
            run(Command::new("mkfs.ext4").args(made).arg(&image).env("PATH", paths()));
            run(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(place));
            fs::remove_dir(place.join("lost+found")).unwrap();
        } else {
            run(Command::new("mount")
                .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
                .arg(place));
        }
        run(Command::new("cp").arg("-a").arg(aside.join(".")).arg(place));
        let (mode, new) = (format!("{:o}", owner.mode() & 0o7777), fs::metadata(place).unwrap());
        run(Command::new("chmod").arg(mode).arg(place));
        assert_ne!(owner.dev(), new.dev(), "another file system");
        Self(place.to_owned())
    }

    /// Takes every byte that is left.
    pub(crate) fn fill(&self) {
        let mut filler = File::create(self.0.join(FILLER)).unwrap();
        for block in [1 << 20, 4 << 10, 1] {
            let block = vec![0x5a_u8; block];
            let refused = loop {
                if let Err(refused) = filler.write_all(&block) {
                    break refused;
                }
            };
            assert_eq!(refused.kind(), std::io::ErrorKind::StorageFull, "{refused}");
        }
        // What was only promised until now may be refused here: full is full.
        let _ = filler.sync_all();
    }

    /// Gives it back.
    pub(crate) fn free(&self) {
        fs::remove_file(self.0.join(FILLER)).unwrap();
    }
}

/// Whoever made the folder can only remove it once nothing is mounted there. A station that still runs keeps its files.
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let gone = Command::new("umount").arg("-l").arg(&self.0).env("PATH", paths()).status();
        if !std::thread::panicking() {
            assert!(gone.unwrap().success(), "{} is still mounted", self.0.display());
        }
    }
}

fn paths() -> String {
    format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default())
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
