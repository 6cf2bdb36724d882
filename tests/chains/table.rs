//! fixtures/cards/oracle.toml, row by row, here and in openssl.

use super::{Refused, fixture, openssl};
use kyukyu::card::CardKind;
use kyukyu::identity::{Crl, Enrolment, Fingerprint, TrustStore, UnixSeconds, check_certificate};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

/// A row; what the fields mean is written at the head of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    leaf: String,
    #[serde(default = "Case::roots")]
    roots: Vec<String>,
    #[serde(default = "Case::issuers")]
    issuers: Vec<String>,
    #[serde(default = "Case::lists")]
    lists: Vec<String>,
    #[serde(default = "Case::checks")]
    checks: Vec<String>,
    #[serde(default = "Case::policy")]
    policy: String,
    #[serde(default)]
    kind: Kind,
    #[serde(default = "Case::at")]
    at: u64,
    #[serde(default)]
    grace: u64,
    ours: String,
    openssl: String,
    why: Option<String>,
}

/// For which cards the authorities are pinned.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    Hpki,
    MyNumber,
    MyNumberOff,
}

impl Case {
    fn roots() -> Vec<String> {
        vec!["root".into()]
    }

    fn issuers() -> Vec<String> {
        vec!["issuing".into()]
    }

    fn lists() -> Vec<String> {
        vec!["issuing".into(), "root".into()]
    }

    fn checks() -> Vec<String> {
        vec!["-crl_check_all".into()]
    }

    fn policy() -> String {
        "1.2.392.100495.1.5.1.2.3.1".into()
    }

    fn at() -> u64 {
        1_763_856_000
    }

    fn ours(&self) -> String {
        self.verify().map_or_else(|refused| refused.to_string(), |_| "Accepted".into())
    }

    fn verify(&self) -> Result<Enrolment, Refused> {
        let kind = if self.kind == Kind::Hpki { CardKind::Hpki } else { CardKind::MyNumber };
        let mut trust = TrustStore::live();
        if self.kind == Kind::MyNumber {
            trust = trust.allowing_my_number();
        }
        for name in self.roots.iter().chain(&self.issuers) {
            let der = certificate(name);
            trust.pin(&der, kind, Fingerprint::of(&der)).map_err(Refused::Pin)?;
        }
        let lists: Result<_, _> = self.lists.iter().map(|name| Crl::parse(&list(name))).collect();
        let trust = trust.with_revocation_lists(lists.map_err(Refused::Crl)?, self.grace);
        check_certificate(&certificate(&self.leaf), &trust, UnixSeconds(self.at)).map_err(Refused::Proof)
    }

    /// `OK`, or the first error that openssl names.
    fn openssl(&self, folder: &Path) -> String {
        let at = self.at.to_string();
        let mut arguments: Vec<String> =
            ["verify", "-x509_strict", "-auth_level", "2", "-purpose", "sslclient"]
                .into_iter()
                .chain(["-attime", &at, "-explicit_policy", "-policy", &self.policy])
                .map(String::from)
                .collect();
        let mut add = |option: &str, name: &str, label: &str, der: &[u8]| {
            let path = openssl::put_pem(folder, name, label, der);
            arguments.extend([option.into(), path.to_str().unwrap().into()]);
        };
        for (option, names) in [("-trusted", &self.roots), ("-untrusted", &self.issuers)] {
            for name in names {
                add(option, &format!("{name}.der"), "CERTIFICATE", &certificate(name));
            }
        }
        for name in &self.lists {
            add("-CRLfile", &format!("{name}.crl"), "X509 CRL", &list(name));
        }
        let leaf = openssl::put_pem(folder, "leaf", "CERTIFICATE", &certificate(&self.leaf));
        arguments.extend(self.checks.iter().cloned());
        arguments.push(leaf.to_str().unwrap().into());
        let output = openssl::run(&arguments);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let error = said.lines().find_map(|line| line.strip_prefix("error ")?.split_once(" at "));
        match error {
            Some((number, _)) => format!("error {number}"),
            None if output.status.success() => "OK".into(),
            None => said.into_owned(),
        }
    }
}

fn certificate(name: &str) -> Vec<u8> {
    fixture(&format!("oracle/{name}.der"))
}

fn list(name: &str) -> Vec<u8> {
    fixture(&format!("oracle/{name}.crl"))
}

/// The answers of ours that mean the same as one of openssl's.
fn same(openssl: &str) -> &'static [&'static str] {
    match openssl {
        "OK" => &["Accepted"],
        "error 2" | "error 18" | "error 20" => &["Untrusted(UnknownIssuer)"],
        "error 3" | "error 8" | "error 11" | "error 12" | "error 35" | "error 44" => &["RevocationUnknown"],
        "error 7" => &["Untrusted(IssuerSignature)"],
        "error 9" => &["NotYetValid"],
        "error 10" => &["Expired"],
        "error 23" => &["Revoked"],
        "error 25" => &["Untrusted(TooLong)"],
        "error 26" => &["NotForLogin(OtherPurpose)", "NotForLogin(NoDigitalSignature)"],
        "error 34" => &[r#"NotForLogin(UnknownCritical("1.2.392.99999.1"))"#],
        "error 36" => &["Crl(NotWhole)"],
        "error 42" => &["NotForLogin(Malformed)"],
        "error 43" => &["NotForLogin(Policy)"],
        "error 66" => &["NotForLogin(Key(RsaParameters))"],
        "error 67" => &["Pin(NotAnAuthority(Key(RsaParameters)))"],
        "error 68" | "error 78" => &["Untrusted(Algorithm)"],
        "error 79" => &["Pin(NotAnAuthority(IssuerMayNotIssue))", "NotForLogin(LeafIsAuthority)"],
        "error 85" => &["Untrusted(NoAuthorityKey)", "Pin(NotAnAuthority(NoAuthorityKey))"],
        _ => &[],
    }
}

fn table() -> Vec<Case> {
    let text = String::from_utf8(fixture("oracle.toml")).unwrap();
    toml::from_str::<Table>(&text).unwrap().case
}

#[test]
fn ours_and_openssl_say_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let cases = table();
    assert!(cases.len() > 100, "rows were lost");
    let mut wrong = Vec::new();
    for case in &cases {
        let (ours, openssl) = (case.ours(), case.openssl(folder.path()));
        if (ours.as_str(), openssl.as_str()) != (case.ours.as_str(), case.openssl.as_str()) {
            let table = (&case.ours, &case.openssl);
            wrong.push(format!("{}: ours {ours}, openssl {openssl}; the table has {table:?}", case.name));
        }
        // A difference that nobody explained is a bug in one of the two; an explanation of none is out of date.
        let agree = same(&openssl).contains(&ours.as_str());
        if agree == case.why.as_ref().is_some_and(|why| !why.trim().is_empty()) {
            wrong.push(format!("{}: ours {ours}, openssl {openssl}, and why is {:?}", case.name, case.why));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn no_row_twice_and_no_file_without_a_row() {
    let cases = table();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "a name twice");
    let mut used = BTreeSet::new();
    for case in &cases {
        let certificates = case.roots.iter().chain(&case.issuers).chain([&case.leaf]);
        used.extend(certificates.map(|name| format!("{name}.der")));
        used.extend(case.lists.iter().map(|name| format!("{name}.crl")));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cards/oracle");
    let files = std::fs::read_dir(folder).unwrap();
    let unused: Vec<String> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !used.contains(name))
        .collect();
    assert!(unused.is_empty(), "in no row: {unused:?}");
}
