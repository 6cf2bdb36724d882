//! The command line as an administrator, an auditor and a vendor use it: real processes, a real station, secrets on
//! standard input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const KYUKYU: &str = env!("CARGO_BIN_EXE_kyukyu");
const ADMIN: &str = "kanri";
const PASSWORD: &str = "hidari-no-tobira-27";

/// What a process left.
#[derive(Debug)]
struct Done {
    code: i32,
    out: String,
    said: String,
}

/// Runs `kyukyu` with words and lines on standard input.
fn kyukyu(words: &[&str], lines: &[&str]) -> Done {
    let mut child = Command::new(KYUKYU)
        .args(words)
        .env_remove("KYUKYU_SOCKET")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in lines {
        // One that was refused before it read is gone already.
        let _ = writeln!(stdin, "{line}");
    }
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    Done {
        code: done.status.code().expect("an exit code"),
        out: String::from_utf8(done.stdout).unwrap(),
        said: String::from_utf8(done.stderr).unwrap(),
    }
}

/// A folder for a live station: the configuration is not there yet.
struct Site {
    folder: tempfile::TempDir,
    station: Option<Child>,
}

impl Site {
    fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("kyukyu-cli-").tempdir().unwrap();
        for part in ["req", "res", "face"] {
            fs::create_dir_all(folder.path().join("oqs").join(part)).unwrap();
        }
        Self { folder, station: None }
    }

    /// Made with `kyukyu init` and running with `kyukyu serve`.
    fn running() -> Self {
        let mut site = Self::empty();
        let done = site.init(&[], PASSWORD);
        assert_eq!(done.code, 0, "{done:?}");
        site.serve();
        site
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("site/kyukyu.toml")
    }

    fn socket(&self) -> String {
        self.folder.path().join("site/station.sock").to_str().unwrap().to_owned()
    }

    /// `kyukyu init` with sensible words, but for those that are changed.
    fn init(&self, changed: &[(&str, &str)], password: &str) -> Done {
        self.init_with(&["init"], changed, password)
    }

    fn init_training(&self) -> Done {
        self.init_with(&["init", "--training"], &[], PASSWORD)
    }

    fn init_with(&self, first: &[&str], changed: &[(&str, &str)], password: &str) -> Done {
        let (config, exchange) = (self.config(), self.folder.path().join("oqs"));
        let mut words = vec![
            ("--config", config.to_str().unwrap()),
            ("--facility", "架空総合病院"),
            ("--kind", "hospital"),
            ("--code", "1311234567"),
            ("--exchange", exchange.to_str().unwrap()),
            ("--admin", ADMIN),
            ("--admin-name", "管理 花子"),
        ];
        for (name, value) in changed {
            words.retain(|(known, _)| known != name);
            words.push((name, value));
        }
        let words: Vec<&str> = words.into_iter().flat_map(|(name, value)| [name, value]).collect();
        kyukyu(&[first, words.as_slice()].concat(), &[password])
    }

    fn serve(&mut self) {
        let station = Command::new(KYUKYU)
            .arg("serve")
            .arg("--config")
            .arg(self.config())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.station = Some(station);
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::os::unix::net::UnixStream::connect(self.socket()).is_err() {
            assert!(Instant::now() < deadline, "the station did not come up");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends the station as systemd does.
    fn stop(&mut self) {
        let mut station = self.station.take().unwrap();
        let told = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", station.id())).status().unwrap();
        assert!(told.success());
        assert!(station.wait().unwrap().success(), "a station that is told to end ends in order");
    }

    /// `kyukyu admin …` or `kyukyu log …` as somebody, with more lines after the password.
    fn by(&self, user: &str, password: &str, words: &str, more: &[&str]) -> Done {
        let socket = self.socket();
        let words: Vec<&str> = words.split(' ').chain(["--user", user, "--socket", &socket]).collect();
        kyukyu(&words, &[&[password], more].concat())
    }

    fn admin(&self, words: &str, more: &[&str]) -> Done {
        self.by(ADMIN, PASSWORD, words, more)
    }

    fn ok(&self, words: &str, more: &[&str]) -> Done {
        let done = self.admin(words, more);
        assert_eq!((done.code, done.said.as_str()), (0, ""), "{words}: {done:?}");
        done
    }

    /// The account's line of `account list --json`.
    fn account(&self, user: &str) -> Value {
        let listed: Value = serde_json::from_str(&self.ok("admin account list --json", &[]).out).unwrap();
        let found = listed.as_array().unwrap().iter().find(|view| view["account"]["user"] == user);
        found.unwrap_or_else(|| panic!("no {user} in {listed}")).clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(mut station) = self.station.take() {
            let _ = station.kill();
            let _ = station.wait();
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            files.extend(files_below(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

#[test]
fn help_of_every_command_is_there_without_a_station() {
    let commands = [
        "",
        "demo",
        "init",
        "serve",
        "linksim",
        "log",
        "log show",
        "log verify",
        "log head",
        "log key",
        "log export",
        "admin",
        "admin account",
        "admin account add",
        "admin account list",
        "admin account grant",
        "admin account revoke",
        "admin account disable",
        "admin account enable",
        "admin account unlock",
        "admin account set-password",
        "admin card",
        "admin card enrol",
        "admin token",
        "admin token enrol",
        "admin token list",
        "admin token revoke",
        "admin token issue-emergency",
        "admin recovery",
        "admin recovery declare",
        "admin recovery status",
    ];
    for command in commands {
        let words: Vec<&str> = command.split(' ').filter(|word| !word.is_empty()).chain(["--help"]).collect();
        let done = kyukyu(&words, &[]);
        assert_eq!((done.code, done.said.as_str()), (0, ""), "{command}");
        let title = done.out.lines().next().unwrap();
        assert!(!title.is_ascii(), "{command}: {title}");
        assert!(done.out.contains("使い方: kyukyu"), "{command}: {}", done.out);
        assert!(done.out.contains("ヘルプを表示します"), "{command}: {}", done.out);
        assert!(!done.out.contains("Usage") && !done.out.contains("Options"), "{command}: {}", done.out);
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_a_sentence() {
    for (words, sentence) in [
        ("admin account grant sato see --user kanri", "権限は view・admin・audit のいずれか"),
        ("admin account add sato --name x --profession king --user kanri", "職種"),
        ("admin account add Sato! --name x --profession nurse --user kanri", "利用者IDは半角英小文字"),
        ("hello", "「hello」というコマンドはありません"),
        ("log verify --fast", "--fast という指定はありません"),
        ("log verify", "利用者IDを --user で指定してください"),
        ("log show --user kansa --from 2026-13-01", "--from: "),
        ("log show --user kansa --from 2026-11-02 --until 2026-11-01", "--until: 終わりが始まりより前"),
        ("log show --user kansa --kind foo", "--kind: 「foo」という種別はありません"),
        ("log show --user kansa --patient foo=bar", "--patient の項目「foo」はありません"),
        ("log export --user kansa --to x --from 2026-11-01", "--from と --until は使えません"),
        ("log export --user kansa --to x --format csv --until 2026-11-31", "--until: "),
        ("--keymap foo", "default・vim・function-keys のいずれか"),
        ("demo --keymap foo", "default・vim・function-keys のいずれか"),
    ] {
        let done = kyukyu(&words.split(' ').collect::<Vec<_>>(), &[]);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{words}: {done:?}");
        assert!(done.said.contains(sentence), "{words}: {}", done.said);
    }
}

#[test]
fn without_a_station_the_sentence_says_what_to_do() {
    let site = Site::empty();
    for words in ["admin account list", "log verify"] {
        let done = site.admin(words, &[]);
        assert_eq!((done.code, done.out.as_str()), (1, ""), "{done:?}");
        assert!(done.said.contains("ステーションに接続できません"), "{}", done.said);
        assert!(
            done.said.contains("確認してください") && done.said.contains(&site.socket()),
            "{}",
            done.said
        );
    }
    let nobody = kyukyu(&["log", "verify", "--socket", &site.socket()], &[]);
    assert_eq!((nobody.code, nobody.said.as_str()), (2, "利用者IDを --user で指定してください\n"));
    let done = kyukyu(&["serve", "--config", site.config().to_str().unwrap()], &[]);
    assert_eq!(done.code, 1);
    assert!(done.said.contains("設定ファイル") && done.said.contains("確認してください"), "{}", done.said);
}

#[test]
fn init_refuses_what_may_not_be_and_leaves_nothing_then() {
    /// Changed options, the password, the exit code, what is said.
    type Row = (&'static [(&'static str, &'static str)], &'static str, i32, &'static str);
    let table: [Row; 9] = [
        (&[("--kind", "clinic")], PASSWORD, 2, "診療所・薬局では利用できません"),
        (&[("--kind", "pharmacy")], PASSWORD, 2, "診療所・薬局では利用できません"),
        (&[("--kind", "inn")], PASSWORD, 2, "hospital（病院）"),
        (&[("--code", "131123456")], PASSWORD, 2, "10桁"),
        (&[("--code", "9911234567")], PASSWORD, 2, "都道府県番号"),
        (&[("--admin", "管理者")], PASSWORD, 2, "利用者IDは半角英小文字"),
        (&[("--second-admin", ADMIN), ("--second-admin-name", "x")], PASSWORD, 2, "2回指定されています"),
        (&[], "mijikai", 1, "パスワード"),
        (&[], "", 1, "最初の管理者のパスワード（13文字以上）が入力されていません"),
    ];
    for (changed, password, code, sentence) in table {
        let site = Site::empty();
        let done = site.init(changed, password);
        assert_eq!(done.code, code, "{changed:?}: {done:?}");
        assert!(done.said.contains(sentence), "{changed:?}: {}", done.said);
        assert_eq!(files_below(site.folder.path()), Vec::<PathBuf>::new(), "{changed:?}");
    }
}

#[test]
fn init_says_when_the_shared_folder_is_not_there_yet() {
    let site = Site::empty();
    let done = site.init(&[("--exchange", site.folder.path().join("nowhere").to_str().unwrap())], PASSWORD);
    assert_eq!(done.code, 0, "the share may come later: {done:?}");
    assert!(done.said.contains("nowhere/req がまだありません"), "{}", done.said);
    assert!(done.said.contains("exchange_root"), "{}", done.said);
}

#[test]
fn init_makes_a_station_once() {
    let mut site = Site::empty();
    let done = site.init(&[], PASSWORD);
    assert_eq!((done.code, done.said.as_str()), (0, ""), "{done:?}");
    for next in ["kyukyu serve --config", "kyukyu admin account add"] {
        assert!(done.out.contains(next), "what to do next: {}", done.out);
    }
    let made: Vec<(PathBuf, Vec<u8>)> = files_below(site.folder.path())
        .into_iter()
        .map(|file| (file.clone(), fs::read(file).unwrap()))
        .collect();
    assert!(made.len() >= 3, "configuration, key and store: {made:?}");
    for (file, bytes) in &made {
        use std::os::unix::fs::PermissionsExt as _;
        let bits = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(bits & 0o007, 0, "others may not read {}", file.display());
        let holds = bytes.windows(PASSWORD.len()).any(|w| w == PASSWORD.as_bytes());
        assert!(!holds, "the password is in {}", file.display());
    }
    let again = site.init(&[("--facility", "別の病院")], PASSWORD);
    assert_eq!(again.code, 1);
    assert!(
        again.said.contains("すでにあります") && again.said.contains("上書きはしません"),
        "{}",
        again.said
    );
    // The configuration is lost, the store is not: that is no reason to make another.
    fs::rename(site.config(), site.folder.path().join("lost.toml")).unwrap();
    let over_the_store = site.init(&[], PASSWORD);
    assert_eq!(over_the_store.code, 1);
    assert!(over_the_store.said.contains("すでにあります"), "{}", over_the_store.said);
    fs::rename(site.folder.path().join("lost.toml"), site.config()).unwrap();
    for (file, bytes) in made.iter().filter(|(file, _)| !file.ends_with("store.redb.lock")) {
        assert_eq!(&fs::read(file).unwrap(), bytes, "{} was touched", file.display());
    }
    site.serve();
    let second = kyukyu(&["serve", "--config", site.config().to_str().unwrap()], &[]);
    assert_eq!(second.code, 1, "one station a store: {second:?}");
    assert!(!second.said.is_ascii(), "{}", second.said);
    site.stop();
    let config = fs::read_to_string(site.config()).unwrap();
    fs::write(site.config(), config.replace("station.sock", "nowhere/station.sock")).unwrap();
    let deaf = kyukyu(&["serve", "--config", site.config().to_str().unwrap()], &[]);
    assert_eq!(deaf.code, 1, "{deaf:?}");
    assert!(deaf.said.contains("待受ソケット") && !deaf.said.contains("待受:"), "{}", deaf.said);
}

/// The protocol of systemd's socket activation: descriptor 3, `LISTEN_FDS` and `LISTEN_PID`.
#[test]
fn a_socket_that_systemd_holds_is_served_and_left_in_place() {
    let mut site = Site::empty();
    assert_eq!(site.init(&[], PASSWORD).code, 0);
    let held = std::os::unix::net::UnixListener::bind(site.socket()).unwrap();
    rustix::io::fcntl_setfd(&held, rustix::io::FdFlags::empty()).unwrap();
    let start = format!(
        "exec 3<&{} && export LISTEN_PID=$$ LISTEN_FDS=1 && exec \"$0\" serve --config \"$1\"",
        std::os::fd::AsRawFd::as_raw_fd(&held)
    );
    let station = Command::new("bash")
        .args(["-c", &start, KYUKYU])
        .arg(site.config())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    site.station = Some(station);
    site.ok("admin account list", &[]);
    site.stop();
    assert!(Path::new(&site.socket()).exists(), "the socket is systemd's");
}

#[test]
fn accounts_are_managed_from_the_command_line() {
    let site = Site::running();
    let add = "admin account add sato --name 佐藤一郎 --profession doctor --record-user D001";
    assert_eq!(site.ok(add, &["ame-no-asa-9ji-da"]).out, "完了しました\n");
    let sato = site.account("sato");
    assert_eq!(sato["account"]["name"], "佐藤一郎");
    assert_eq!(sato["account"]["profession"], "doctor");
    assert_eq!(sato["account"]["record_user"], "D001");
    assert_eq!(sato["account"]["permissions"], serde_json::json!([]), "nothing is granted by itself");
    assert_eq!(site.admin(add, &["ame-no-asa-9ji-da"]).code, 1, "the same id twice");

    assert_eq!(site.ok("admin account grant sato view --json", &[]).out, "{\"done\":true}\n");
    assert_eq!(site.account("sato")["account"]["permissions"], serde_json::json!(["emergency_view"]));
    let listed = site.ok("admin account list", &[]).out;
    let line = listed.lines().find(|line| line.starts_with("sato")).unwrap();
    assert!(line.contains("佐藤一郎") && line.contains("医師") && line.contains("救急時"), "{line}");
    // As the JSON writes it.
    site.ok("admin account revoke sato emergency_view", &[]);
    assert_eq!(site.account("sato")["account"]["permissions"], serde_json::json!([]));

    site.ok("admin account disable sato", &[]);
    assert_eq!(site.account("sato")["account"]["disabled"], true);
    let shut = site.by("sato", "ame-no-asa-9ji-da", "log show --own", &[]);
    assert_eq!((shut.code, shut.out.as_str()), (1, ""), "{shut:?}");
    site.ok("admin account enable sato", &[]);
    // A refused login is a failed one: the next has to wait, or an administrator unlocks.
    site.ok("admin account unlock sato", &[]);
    assert_eq!(site.by("sato", "ame-no-asa-9ji-da", "log show --own", &[]).code, 0);

    site.ok("admin account set-password sato", &["yuki-no-yoru-10ji"]);
    assert_eq!(site.by("sato", "yuki-no-yoru-10ji", "log show --own", &[]).code, 0);
    let old = site.by("sato", "ame-no-asa-9ji-da", "log show --own", &[]);
    assert_eq!(old.code, 1, "the old password is no longer one");

    for (words, more, sentence) in [
        ("admin account set-password sato", ["short"].as_slice(), "パスワード"),
        ("admin account set-password sato", &[], "新しいパスワードが入力されていません"),
        ("admin account grant kanri view", &[], "自分自身の権限"),
        ("admin account revoke kanri admin", &[], "自分自身の権限"),
        ("admin account grant nobody view", &[], "登録されていません"),
        ("admin account unlock nobody", &[], "登録されていません"),
        ("admin card enrol sato --certificate Cargo.toml", &[], "証明書のファイル（DERまたはPEM）を指定"),
    ] {
        let done = site.admin(words, more);
        assert_eq!((done.code, done.out.as_str()), (1, ""), "{words}: {done:?}");
        assert!(done.said.contains(sentence), "{words}: {}", done.said);
    }
    site.ok("admin account unlock sato", &[]);
    for (words, sentence) in
        [("admin account list", "施設管理者"), ("log show", "監査"), ("log verify", "監査")]
    {
        let refused = site.by("sato", "yuki-no-yoru-10ji", words, &[]);
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{words}: {refused:?}");
        assert!(refused.said.contains(sentence), "{words}: {}", refused.said);
    }
    let record = site.ok("log show", &[]).out;
    assert!(!record.contains("回線断"), "a refused command ends its session in order too: {record}");
}

#[test]
fn a_wrong_password_makes_the_next_wait_and_an_administrator_unlocks() {
    let site = Site::running();
    site.ok("admin account add sato --name 佐藤一郎 --profession doctor", &["ame-no-asa-9ji-da"]);
    let wrong = site.by("sato", "machigai-machigai", "log show --own", &[]);
    assert_eq!((wrong.code, wrong.out.as_str()), (1, ""), "{wrong:?}");
    assert_eq!(wrong.said, "利用者IDまたはパスワードが違います\n");
    let stranger = site.by("dareka", "machigai-machigai", "log show --own", &[]);
    assert_eq!(stranger.said, wrong.said, "who exists here is nobody's business");
    // The first wait is one second: a machine that is slower than that tries again.
    let hasty = |_| {
        site.by("sato", "machigai-machigai", "log show --own", &[]);
        let right = site.by("sato", "ame-no-asa-9ji-da", "log show --own", &[]);
        right.code == 1 && right.said.starts_with("認証に失敗した直後のため、あと")
    };
    assert!((0..10).any(hasty), "even the right password waits");
    site.ok("admin account unlock sato", &[]);
    assert_eq!(site.by("sato", "ame-no-asa-9ji-da", "log show --own", &[]).code, 0);
}

#[test]
fn a_training_card_is_a_second_factor_in_a_training_store_only() {
    let enrol = "admin card enrol sato --certificate";
    for training in [true, false] {
        let mut site = Site::empty();
        let done = if training { site.init_training() } else { site.init(&[], PASSWORD) };
        assert_eq!(done.code, 0, "{done:?}");
        site.serve();
        site.ok("admin account add sato --name 佐藤一郎 --profession doctor", &["ame-no-asa-9ji-da"]);
        let file = site.folder.path().join("card.json");
        let card = file.to_str().unwrap();
        let make = ["training-card", "doctor-1", "--file", card];
        for wrong in ["12", "abcd", "12345678901234567"] {
            let refused = kyukyu(&make, &[wrong]);
            assert_eq!(refused.code, 1, "{refused:?}");
            assert!(refused.said.contains("PINは半角数字4～16桁"), "{}", refused.said);
        }
        let made = kyukyu(&make, &["86420"]);
        assert_eq!((made.code, made.said.as_str()), (0, ""), "{made:?}");
        let again = kyukyu(&make, &["86420"]);
        assert!(again.code == 1 && again.said.contains("上書きはしません"), "{again:?}");
        let certificate = file.with_extension("der");
        let enrolled = site.admin(&format!("{enrol} {}", certificate.display()), &[]);
        let with_card = format!("log show --own --software-card {card}");
        let log_in = |pin| site.by("sato", "ame-no-asa-9ji-da", &with_card, &[pin]);
        if training {
            assert_eq!((enrolled.code, enrolled.said.as_str()), (0, ""), "{enrolled:?}");
            assert_eq!(site.account("sato")["card_enrolled"], true);
            let wrong = log_in("11111");
            assert!(wrong.code == 1 && wrong.said.contains("PIN"), "{wrong:?}");
            let done = log_in("86420");
            assert_eq!((done.code, done.said.as_str()), (0, ""), "{done:?}");
            assert!(done.out.contains("【訓練】") && done.out.contains("カード"), "{}", done.out);
        } else {
            assert_eq!(enrolled.code, 1, "a live store takes no training card: {enrolled:?}");
            assert_eq!(site.account("sato")["card_enrolled"], false);
            assert_eq!(log_in("86420").code, 1);
        }
    }
}

/// Behind sshd with `ForceCommand kyukyu`: what was asked for is a sub-command of a short list, or nothing.
#[test]
fn a_forced_command_obeys_a_short_list() {
    let asked = |words: &str| {
        let done = Command::new(KYUKYU)
            .env("SSH_ORIGINAL_COMMAND", words)
            .env_remove("KYUKYU_SOCKET")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
    };
    let (code, out, _) = asked("kyukyu --version");
    assert_eq!((code, out), (0, format!("kyukyu {}\n", env!("CARGO_PKG_VERSION"))));
    let (code, out, _) = asked("doctor --terminal");
    assert!(code == 0 && out.contains("端末の表示テスト"), "{out}");
    for refused in ["sh -c id", "serve --config /etc/passwd", "--keymap-file /etc/shadow", "; id", "scp -t ."]
    {
        let (code, out, said) = asked(refused);
        assert_eq!((code, out.as_str()), (2, ""), "{refused}");
        assert_eq!(said.lines().count(), 1, "one sentence: {said}");
        assert!(said.contains("この接続では、そのコマンドは使えません"), "{said}");
        assert!(!said.contains("root"), "nothing of a file is shown");
    }
}

#[test]
fn the_terminal_can_be_checked_by_eye() {
    let done = kyukyu(&["doctor", "--terminal"], &[]);
    assert_eq!(done.code, 0, "{}", done.said);
    let marks = done.out.lines().filter(|line| line.ends_with('|')).count();
    assert_eq!(marks, 10, "{}", done.out);
    for part in ["1. 右端の | が縦一列", "2. 次の2行のうち", "kyukyu --ambiguous-width", "kyukyu --plain"]
    {
        assert!(done.out.contains(part), "{part} is missing:\n{}", done.out);
    }
    assert_eq!(kyukyu(&["doctor"], &[]).code, 2);
}

#[test]
fn the_record_is_shown_and_verified() {
    let mut site = Site::running();
    let add = "admin account add kansa --name 監査三郎 --profession auditor";
    site.ok(add, &["mado-no-soto-8ban"]);
    site.ok("admin account grant kansa audit", &[]);
    let audit = |site: &Site, words: &str| site.by("kansa", "mado-no-soto-8ban", words, &[]);

    let shown = audit(&site, "log show");
    assert_eq!((shown.code, shown.said.as_str()), (0, ""), "{shown:?}");
    assert!(shown.out.contains(ADMIN) && shown.out.contains("kansa"), "{}", shown.out);
    assert!(!shown.out.contains("【訓練】"), "a live store: {}", shown.out);
    let two = audit(&site, "log show --most 2 --json");
    let lines: Vec<Value> = two.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0]["seq"].as_u64() > lines[1]["seq"].as_u64(), "the newest first: {}", two.out);
    let own = audit(&site, "log show --own --json");
    for line in own.out.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["user"], "kansa", "{line}");
    }
    // A period, by the name that the export has for its end and by the earlier one; nothing found is said, to people.
    for end in ["--until", "--to"] {
        let none = audit(&site, &format!("log show --from 2020-01-01 {end} 2020-01-31 --patient 山田太郎"));
        assert_eq!((none.code, none.out.as_str()), (0, ""), "{none:?}");
        for said in ["絞り込み: ", "該当する記録はありません", "氏名では照会前の記録は出ません"]
        {
            assert!(none.said.contains(said), "{said}: {none:?}");
        }
    }
    let none = audit(&site, "log show --from 2020-01-01 --until 2020-01-31 --json");
    assert_eq!((none.code, none.out.as_str(), none.said.as_str()), (0, "", ""), "{none:?}");
    let file = site.folder.path().join("2020-01.csv");
    let period = "--format csv --from 2020-01-01 --until 2020-01-31";
    let empty = audit(&site, &format!("log export {period} --to {}", file.display()));
    assert_eq!((empty.code, empty.said.trim()), (0, "期間に記録がありません"), "{empty:?}");
    let help = kyukyu(&["log", "show", "--help"], &[]).out;
    assert!(help.contains("--until <DATE>") && !help.contains("--to"), "{help}");

    let verified = audit(&site, "log verify");
    assert_eq!((verified.code, verified.said.as_str()), (0, ""), "{verified:?}");
    assert!(verified.out.contains("異常はありません"), "{}", verified.out);
    let found: Value = serde_json::from_str(&audit(&site, "log verify --json").out).unwrap();
    assert_eq!(found["faults"], serde_json::json!([]));
    assert!(found["entries"].as_u64().unwrap() > 5, "{found}");

    site.stop();
    site.serve();
    let after: Value = serde_json::from_str(&audit(&site, "log verify --json").out).unwrap();
    assert!(after["entries"].as_u64() > found["entries"].as_u64(), "the record goes on after a restart");
    assert_eq!(after["faults"], serde_json::json!([]));
}
