//! What is said about the link software and its folder.

use super::*;

#[test]
fn a_request_that_nobody_takes_is_said_until_one_is_taken() {
    let mut bench = Bench::new();
    bench.tell(write(&request()));
    let told = bench.poll_for(40);
    let [Event::Link(LinkState::NotResponding { trouble, lasted })] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(trouble, &LinkTrouble::NotTaken { request: request() });
    assert_eq!(lasted.as_secs(), 30);
    bench.tell(Command::Withdraw { name: request() });
    assert_eq!(bench.poll_for(10), [], "withdrawing proves nothing");
    let name = request().replace("abcdefghijkl", "abcdefghijkm");
    bench.tell(write(&name));
    fs::remove_file(bench.path("req").join(&name)).unwrap();
    assert_eq!(bench.poll(), [Event::Taken { name }, Event::Link(LinkState::Ok)]);
}

#[test]
fn a_folder_that_vanishes_is_said_and_found_again() {
    let mut bench = Bench::new();
    bench.sent();
    fs::rename(bench.path("res"), bench.path("away")).unwrap();
    let told = bench.poll_for(5);
    assert_eq!(told.len(), 1, "{told:?}");
    let Some(LinkTrouble::Unreachable { folder, .. }) = link_trouble(&told) else { panic!("{told:?}") };
    assert!(folder.as_str().ends_with("/res"));
    fs::write(bench.path("away").join(answer("xml")), SUMMARY).unwrap();
    fs::rename(bench.path("away"), bench.path("res")).unwrap();
    assert_eq!(bench.poll(), [answered(SUMMARY), Event::Link(LinkState::Ok)]);

    fs::remove_dir(bench.path("req")).unwrap();
    let refused = bench.tell(write(&request().replace("abc", "xyz")));
    assert!(matches!(refused.as_slice(), [Event::WriteFailed { .. }, Event::Link(_)]), "{refused:?}");
    fs::write(bench.path("req"), "a file where the folder was").unwrap();
    assert!(link_trouble(&bench.poll()).unwrap().to_string().contains("フォルダではありません"));
}

#[test]
fn a_folder_that_cannot_be_written_is_said_at_once_and_tried_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    let mut config = config(bench.root.path(), "st01");
    let readonly = bench.path("readonly");
    if rustix::process::geteuid().is_root() {
        // No mode stops root, but nobody makes files in here.
        config.requests = "/proc/self/fdinfo".into();
    } else {
        fs::create_dir(&readonly).unwrap();
        fs::set_permissions(&readonly, fs::Permissions::from_mode(0o555)).unwrap();
        config.requests.clone_from(&readonly);
    }
    let (worker, events) = worker(config);
    let mut bench = Bench { worker, events, ..bench };
    let told = bench.poll();
    assert!(matches!(link_trouble(&told), Some(LinkTrouble::Unwritable { .. })), "{told:?}");
    let told = bench.tell(write(&request()));
    let [Event::WriteFailed { why, .. }] = told.as_slice() else { panic!("{told:?}") };
    assert!(why.contains("書き込めません"), "{why}");
    assert_eq!(bench.poll_for(5), []);
    if readonly.exists() {
        fs::set_permissions(&readonly, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(bench.poll(), [Event::Link(LinkState::Ok)]);
        assert_eq!(fs::read_dir(&readonly).unwrap().count(), 0, "no half request");
    }
}
