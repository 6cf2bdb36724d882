//! `init` (A8): hospitals only, never over anything that is there. By the command line and by the library.

use crate::support::site::{PASSWORD, Site};
use kyukyu::clock::{Clock, SystemClock};
use kyukyu::domain::institution::{InstitutionCode, InstitutionError, InstitutionKind};
use kyukyu::domain::{Permission, PersonName, Profession, SafeText, UserId};
use kyukyu::protocol::Secret;
use kyukyu::station::{FirstAccount, InitError, NewStation, initialise};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn new(folder: &Path, kind: InstitutionKind) -> NewStation {
    NewStation {
        config_path: folder.join("kyukyu.toml"),
        facility: SafeText::new("架空総合病院"),
        kind,
        code: InstitutionCode::parse("1311234567").unwrap(),
        exchange_root: folder.join("exchange"),
        training: true,
        accounts: vec![FirstAccount {
            user: UserId::parse("kanri").unwrap(),
            name: PersonName::parse("管理 花子").unwrap(),
            profession: Profession::Administrator,
            permissions: [Permission::Administer].into(),
            password: Secret::new(PASSWORD.to_owned()),
            card: None,
        }],
    }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Runs `kyukyu init` with a password on its standard input.
fn init(folder: &Path, kind: &str, code: &str, password: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kyukyu"));
    command.arg("init").arg("--config").arg(folder.join("kyukyu.toml"));
    command.args(["--facility", "架空総合病院", "--kind", kind, "--code", code, "--admin", "kanri"]);
    command.args(["--admin-name", "管理 花子", "--training", "--exchange"]).arg(folder.join("exchange"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may refuse before it has read the password.
    let _ = writeln!(child.stdin.take().unwrap(), "{password}");
    child.wait_with_output().unwrap()
}

#[test]
fn only_a_hospital_and_nothing_is_left_of_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let now = SystemClock::new().now();
    for kind in [InstitutionKind::Clinic, InstitutionKind::Pharmacy] {
        let refused = initialise(new(folder.path(), kind), &now);
        assert!(matches!(refused, Err(InitError::Institution(InstitutionError::NotAHospital))), "{kind:?}");
    }
    let table = [
        ("clinic", "1311234567", PASSWORD, "診療所・薬局では利用できません"),
        ("診療所", "1311234567", PASSWORD, "診療所・薬局では利用できません"),
        ("pharmacy", "1311234567", PASSWORD, "診療所・薬局では利用できません"),
        ("school", "1311234567", PASSWORD, "hospital（病院）"),
        ("hospital", "131123456", PASSWORD, "10桁"),
        ("hospital", "4811234567", PASSWORD, "01から47"),
        ("hospital", "1341234567", PASSWORD, "点数表"),
        ("hospital", "1311234567", "kanri", "文字以上"),
        ("hospital", "1311234567", "", "入力されていません"),
    ];
    for (kind, code, password, words) in table {
        let refused = init(folder.path(), kind, code, password);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(words), "{kind} {code}: {said}");
        assert!(!said.contains(PASSWORD), "{said}");
    }
    assert_eq!(files(folder.path()), [], "nothing was made");
}

#[test]
fn what_is_there_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let made = init(folder.path(), "hospital", "1311234567", PASSWORD);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(
        said.contains("検証鍵") && said.contains("kyukyu/"),
        "the auditor's key is shown at once: {said}"
    );
    let bits = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((bits("data/store.redb"), bits("data/station.key")), (0o600, 0o400));
    assert_eq!(bits("data/log.key"), 0o400);
    let before = files(folder.path());
    let again = init(folder.path(), "hospital", "1311234567", PASSWORD);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("上書きはしません"), "{said}");
    assert_eq!(files(folder.path()), before);
    // Nor is the store, when only the configuration was moved away.
    fs::remove_file(folder.path().join("kyukyu.toml")).unwrap();
    let before = files(folder.path());
    let refused = initialise(new(folder.path(), InstitutionKind::Hospital), &SystemClock::new().now());
    assert!(matches!(refused, Err(InitError::Exists(_))), "{refused:?}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_configuration_of_a_clinic_does_not_start() {
    let site = Site::new();
    site.configure(|config| config.institution_kind = InstitutionKind::Clinic);
    let refused = Site::try_serve(&site.config());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("病院"), "{said}");
}
