//! Real cards as administrators meet them on the command line, in a live store: authorities, revocation lists, the first
//! two administrators, enrolment on the spot, renewal, revocation. Processes, a station, cards as files of helpers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/mod.rs"]
mod support;

use kyukyu::card::software::CardFile;
use serde_json::Value;
use std::fs;
use support::authority::{ISSUING, ROOT, card, lists};
use support::live::{FUKU, KANRI, Live, kyukyu};
use support::site::PIN;

#[test]
fn help_of_every_command_is_there_without_a_station() {
    let commands = [
        "admin card list",
        "admin card revoke",
        "admin card approve",
        "admin card reject",
        "admin trust",
        "admin trust add",
        "admin trust list",
        "admin trust remove",
    ];
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let done = kyukyu(&words, &[]);
        assert_eq!((done.code, done.said.as_str()), (0, ""), "{command}");
        assert!(
            done.out.contains("使い方: kyukyu") && !done.out.contains("Usage"),
            "{command}: {}",
            done.out
        );
    }
    for (words, sentence) in [
        ("admin trust add a.der --kind visa --sha256 00 --user kanri", "hpki・my-number のいずれか"),
        ("admin trust add a.der --kind hpki --user kanri", "--sha256"),
        ("admin card revoke sato 12345678 --user kanri", "--reason"),
        ("admin card revoke sato 1234567 --reason 紛失 --user kanri", "先頭8桁以上"),
        ("admin card approve sato 1234567z --user kanri", "先頭8桁以上"),
        ("admin card enrol sato --certificate a --old-card --user kanri", "同時に指定できません"),
        ("init --second-admin x", "--second-admin-name"),
    ] {
        let done = kyukyu(&words.split(' ').collect::<Vec<_>>(), &[]);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{words}: {done:?}");
        assert!(done.said.contains(sentence), "{words}: {}", done.said);
    }
}

#[test]
fn the_first_two_administrators_enrol_each_other_in_a_live_store() {
    let live = Live::believing();
    let (first, second) = (live.card("doctor"), live.card("norole"));
    // Nobody enrols for himself, on the spot or by a file.
    let own = format!("admin card enrol kanri --new-software-card {first}");
    live.refused("kanri", &own, &[PIN], "自分のカードの登録・承認・取消はできません");
    let enrol = format!("admin card enrol fuku --new-software-card {second}");
    assert_eq!(live.ok("kanri", &enrol, &[PIN]), "完了しました\n");
    // From now on fuku needs his card; with it he enrols kanri's.
    let enrol = format!("admin card enrol kanri --new-software-card {first}");
    live.refused("fuku", &enrol, &[PIN], "二要素認証が済んでいない");
    let with_card = format!("{enrol} --software-card {second}");
    assert_eq!(live.ok("fuku", &with_card, &[PIN, PIN]), "完了しました\n");
    live.refused("kanri", "admin card list", &[], "二要素認証が済んでいない");
    let list = live.ok("kanri", &format!("admin card list --software-card {first}"), &[PIN]);
    for part in ["kanri", "fuku", "HPKI", "医師", "資格の記載なし", "2045-01-01まで（残り", "facility"]
    {
        assert!(list.contains(part), "{part}: {list}");
    }
    let cards = live.cards("kanri", &[PIN], &format!(" --software-card {first}"));
    assert_eq!(cards.len(), 2);
    assert_eq!(cards[1]["fingerprint"], card("doctor").fingerprint());
    assert_eq!((&cards[1]["hc_role"], &cards[1]["pending"]), (&"Medical Doctor".into(), &Value::Null));
    let accounts = live.ok("kanri", &format!("admin account list --software-card {first}"), &[PIN]);
    assert!(accounts.contains("カード登録済（医師）"), "{accounts}");
    // Somebody else's card in the reader loses no try.
    let wrong = format!("admin card list --software-card {second}");
    live.refused("kanri", &wrong, &[PIN], "登録されたカードではありません。PINは使っていません");
    let log = live.ok("kanri", &format!("log show --software-card {first}"), &[PIN]);
    for part in
        ["認証局の登録（HPKI", "失効リストの読込み（2件）", "カードの登録（fuku・HPKI・カードの署名による）"]
    {
        assert!(log.contains(part), "{part}: {log}");
    }
}

#[test]
fn a_card_is_renewed_with_the_old_one_or_by_two_persons_and_revoked_with_a_reason() {
    let live = Live::believing();
    live.ok("kanri", "admin account add ito --name 伊藤五郎 --profession doctor", &["aoi-umi-no-kaze-5"]);
    let (old, new) = (live.card("doctor"), live.card("doctor-new"));
    live.ok("kanri", &format!("admin card enrol ito --new-software-card {old}"), &[PIN]);
    // The wrong PIN spends one try of the card and nothing else.
    let enrol = format!("admin card enrol ito --new-software-card {new}");
    live.refused("kanri", &enrol, &["9999"], "PINが違います");
    // Two persons.
    let waiting = live.ok("kanri", &enrol, &[PIN]);
    let fingerprint = card("doctor-new").fingerprint();
    let approve = format!("kyukyu admin card approve ito {}", &fingerprint[..16]);
    assert!(waiting.contains("承認待ち") && waiting.contains(&approve), "{waiting}");
    let list = live.ok("fuku", "admin card list ito", &[]);
    assert!(list.contains("承認待ち（申請 kanri"), "{list}");
    let words = |what: &str| format!("admin card {what} ito {}", &fingerprint[..8]);
    live.refused("kanri", &words("approve"), &[], "自分が申請した");
    live.ok("fuku", &format!("{} --reason 旧カードで登録し直し", words("reject")), &[]);
    live.refused("fuku", &words("approve"), &[], "承認待ちのカードはありません");
    // The old card.
    let renew = format!("{enrol} --old-software-card {old}");
    live.refused(
        "kanri",
        &format!("{enrol} --old-software-card {new}"),
        &[PIN, PIN],
        "新しいカードに入れ替えて",
    );
    assert_eq!(live.ok("kanri", &renew, &[PIN, PIN]), "完了しました\n");
    live.refused("kanri", &enrol, &[PIN], "すでに登録されています");
    // By a file, PEM this time: further cards wait.
    let pem = live.path("nurse.pem");
    let text = x509_cert::der::pem::encode_string(
        "CERTIFICATE",
        x509_cert::der::pem::LineEnding::LF,
        &card("nurse").certificate,
    );
    fs::write(&pem, text.unwrap()).unwrap();
    let by_file = format!("admin card enrol ito --certificate {} --json", pem.display());
    let proposed: Value = serde_json::from_str(&live.ok("kanri", &by_file, &[])).unwrap();
    assert_eq!((&proposed["pending"], &proposed["done"]), (&true.into(), &false.into()));
    let short = &card("nurse").fingerprint()[..12];
    live.ok("fuku", &format!("admin card approve ito {short}"), &[]);
    assert_eq!(live.cards("kanri", &[], "").len(), 3);
    // The end of one.
    live.refused("kanri", "admin card revoke ito 00000000 --reason 紛失", &[], "登録されていません");
    let revoke = format!("admin card revoke ito {short} --reason 紛失");
    live.ok("kanri", &revoke, &[]);
    assert_eq!(live.cards("kanri", &[], "").len(), 2);
    let log = live.ok("kanri", "log show", &[]);
    for part in [
        "カード登録の申請（ito",
        "カード登録の却下（ito・旧カードで登録し直し）",
        "旧カードの署名による",
        "2人の管理者による",
        "カードの登録取消（ito・紛失）",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
}

#[test]
fn authorities_and_lists_are_seen_as_they_are() {
    let live = Live::new();
    let empty = live.ok("kanri", "admin trust list", &[]);
    assert!(empty.contains("登録された認証局はありません") && empty.contains("失効リスト 0件"), "{empty}");
    let file = live.path("training.der");
    fs::write(&file, kyukyu::card::software::training_anchors()[0]).unwrap();
    let sha256 = kyukyu::identity::Fingerprint::of(kyukyu::card::software::training_anchors()[0]);
    let training = format!("admin trust add {} --kind hpki --sha256 {sha256}", file.display());
    live.refused("kanri", &training, &[], "訓練用の認証局は");
    let missing =
        format!("admin trust add {} --kind hpki --sha256 {sha256}", live.path("none.der").display());
    live.refused("kanri", &missing, &[], "を読めません");
    live.pin(ROOT);
    live.pin(ISSUING);
    let folder = live.path("site/data/crl");
    for (name, bytes) in lists(-60, &[]) {
        fs::write(folder.join(name), bytes).unwrap();
    }
    fs::write(folder.join("broken.crl"), "nonsense").unwrap();
    let list = live.ok("kanri", "admin trust list", &[]);
    for part in [
        "HPKI・ルート",
        "HPKI・発行局",
        "失効リスト 2件",
        "【期限切れ】次回更新",
        "使えません: broken.crl",
        "マイナンバーカードでのログイン: 無効",
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let json: Value = serde_json::from_str(&live.ok("kanri", "admin trust list --json", &[])).unwrap();
    assert_eq!(json["authorities"].as_array().unwrap().len(), 2);
    let sha256 = json["authorities"][0]["sha256"].as_str().unwrap();
    live.ok("kanri", &format!("admin trust remove {sha256} --reason 世代交代"), &[]);
    let json: Value = serde_json::from_str(&live.ok("kanri", "admin trust list --json", &[])).unwrap();
    assert_eq!(json["authorities"].as_array().unwrap().len(), 1);
    let log = live.ok("kanri", "log show", &[]);
    assert!(log.contains("世代交代") && log.contains("使えないもの1件"), "{log}");
}

#[test]
fn a_helper_that_is_not_there_or_says_nothing_is_told_of() {
    let live = Live::believing();
    live.refused(
        "kanri",
        "admin card enrol fuku --helper nowhere-card",
        &[PIN],
        "カードの補助プログラム（kyukyu-card）が見つかりません",
    );
    let helper = env!("CARGO_BIN_EXE_kyukyu-card");
    let done = live.by("kanri", &format!("admin card enrol fuku --helper {helper}"), &[PIN]);
    assert_eq!((done.code, done.out.as_str()), (1, ""), "{done:?}");
    assert!(!done.said.is_ascii(), "{}", done.said);
    live.refused(
        "kanri",
        "admin card enrol fuku --helper /bin/true",
        &[PIN],
        "カードの補助プログラムが始まってすぐに終了しました（終了コード0）",
    );
}

#[test]
fn the_last_try_of_a_pin_is_spent_only_after_a_word() {
    let live = Live::believing();
    let path = live.card("nurse");
    let tries = |left: Option<u8>| {
        let card = CardFile::load(path.as_ref()).unwrap();
        if let Some(left) = left {
            card.clone().with_tries_left(left).save(path.as_ref()).unwrap();
        }
        card.tries_left()
    };
    tries(Some(1));
    let enrol = format!("admin card enrol fuku --new-software-card {path}");
    live.refused("kanri", &enrol, &["いいえ", PIN], "確認されなかったため、PINは使っていません");
    assert_eq!(tries(None), 1);
    let done = live.by("kanri", &enrol, &["はい", PIN]);
    assert_eq!((done.code, done.out.as_str()), (0, "完了しました\n"), "{done:?}");
    assert_eq!(tries(Some(0)), 15, "a right PIN gives all tries back");
    live.refused("kanri", &enrol, &[PIN], "ロックされています");
}

#[test]
fn two_administrators_are_two_people() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("kyukyu.toml");
    let words = "init --facility 架空 --kind hospital --code 1311234567 --exchange oqs --admin kanri --admin-name 管理";
    let words = format!("{words} --second-admin Kanri --second-admin-name 副 --config {}", config.display());
    let done = kyukyu(&words.split(' ').collect::<Vec<_>>(), &[KANRI, FUKU]);
    assert_eq!((done.code, done.out.as_str()), (2, ""), "{done:?}");
    assert!(done.said.contains("2回指定されています"), "{}", done.said);
    assert!(!config.exists());
}
