use super::*;
use crate::log::{Checkpoint, LogKey, VerifierKey, origin};
use zeroize::Zeroizing;

const STORE: StoreId = StoreId([7; 16]);

fn key() -> LogKey {
    LogKey::from_seed(&Zeroizing::new([1; 32]))
}

fn signed(size: u64, root: u8) -> SignedCheckpoint {
    SignedCheckpoint::sign(Checkpoint { origin: origin(&STORE), size, root: [root; 32] }, &key()).unwrap()
}

fn witness(root: &Path) -> FolderWitness {
    FolderWitness::new(root, Path::new("/"), STORE)
}

/// What the witness holds, as the keeper asks.
fn newest(witness: &mut FolderWitness) -> Option<u64> {
    let key: VerifierKey = key().verifier(&origin(&STORE)).unwrap();
    let ours = |signed: &SignedCheckpoint| {
        crate::log::Note::parse(&signed.note).is_ok_and(|note| note.proved_by(&key).is_ok())
    };
    witness.newest(&ours).unwrap().map(|signed| signed.checkpoint.size)
}

#[test]
fn each_checkpoint_is_a_file_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let mut usb = witness(folder.path());
    assert_eq!(newest(&mut usb), None);
    for size in [256, 9_999, 10_000, 123_456] {
        usb.keep(&signed(size, 1)).unwrap();
        usb.keep(&signed(size, 1)).unwrap();
        assert_eq!(newest(&mut usb), Some(size));
    }
    let path = folder.path().join(format!("kyukyu-{STORE}/00000012/000000123456.note"));
    assert_eq!(fs::read_to_string(&path).unwrap(), signed(123_456, 1).note);
    let held = match usb.keep(&signed(123_456, 2)) {
        Err(WitnessError::Other { size: 123_456, held }) => held,
        other => panic!("{other:?}"),
    };
    assert_eq!(held, signed(123_456, 1).note, "for whoever can tell whose it is");
    assert_eq!(fs::read_to_string(&path).unwrap(), signed(123_456, 1).note, "the first one stays");
}

#[test]
fn what_others_or_a_power_cut_left_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut usb = witness(folder.path());
    usb.keep(&signed(300, 1)).unwrap();
    let ours = folder.path().join(format!("kyukyu-{STORE}"));
    fs::create_dir(ours.join("00000099")).unwrap();
    fs::create_dir(ours.join("00000098.note")).unwrap();
    fs::write(ours.join("thumbs.db"), "x").unwrap();
    fs::write(ours.join("00000099/000000990000.note"), "not a note").unwrap();
    let foreign = LogKey::from_seed(&Zeroizing::new([2; 32]));
    let forged = SignedCheckpoint::sign(signed(990_001, 1).checkpoint, &foreign).unwrap();
    fs::write(ours.join("00000099/000000990001.note"), forged.note).unwrap();
    fs::write(ours.join("00000000/000000000400.new"), "half").unwrap();
    assert_eq!(newest(&mut usb), Some(300));
    usb.keep(&signed(400, 1)).unwrap();
    assert_eq!(newest(&mut usb), Some(400));
    assert!(!ours.join("00000000/000000000400.new").exists());
}

#[test]
fn a_stick_that_is_not_there_is_waited_for_and_its_place_not_filled() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("stick");
    let mut usb = witness(&root);
    let Err(WitnessError::Away(said)) = usb.keep(&signed(1, 1)) else { panic!("it was kept") };
    assert!(said.contains("接続してください") && !root.exists(), "{said}");
    fs::write(&root, "a file").unwrap();
    assert!(matches!(usb.keep(&signed(1, 1)), Err(WitnessError::Away(_))));
    fs::remove_file(&root).unwrap();
    fs::create_dir(&root).unwrap();
    usb.keep(&signed(1, 1)).unwrap();
    assert_eq!(newest(&mut usb), Some(1));
}

#[test]
fn a_folder_on_the_disk_of_the_store_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let same = FolderWitness::new(folder.path(), folder.path(), STORE);
    assert!(same.name().contains("同じディスク"));
    let other = FolderWitness::new(folder.path(), Path::new("/proc"), STORE);
    assert_eq!(other.name(), "控えのフォルダ");
}
