//! kill -9 at any moment: what was acknowledged is there.

use super::*;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

const STORE: &str = "KYUKYU_TEST_STORE_TO_WRITE";

/// The other process: writes for ever, and says each number once it is acknowledged. Alone it does nothing.
#[test]
fn writer() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let (store, _) = Store::open(Path::new(&path), &key()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Ok(seq) = log_one(&store, 0) {
                    println!("acknowledged {seq}");
                }
            });
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost() {
    let (_folder, path) = place();
    create(&path);
    let mut random = super::simulated::Random(1);
    let mut total = 0;
    for round in 0..12 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::kill::writer", "--nocapture", "--test-threads=1"])
            .env(STORE, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(writer.stdout.take().unwrap());
        let listener = std::thread::spawn(move || {
            said.lines()
                .map_while(Result::ok)
                .filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok())
                .max()
        });
        std::thread::sleep(Duration::from_millis(60 + random.below(150) as u64));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let acknowledged = listener.join().unwrap().unwrap_or(0);
        let (store, opened) = Store::open(&path, &key()).unwrap();
        assert!(opened.check.is_sound(), "round {round}: {:?}", opened.check.faults);
        let length = store.read(ReadTx::log_len).unwrap();
        assert!(length >= acknowledged, "round {round}: {acknowledged} acknowledged, {length} there");
        total = length;
        assert_sound(&store);
    }
    assert!(total > 12, "the writers wrote nothing");
}
