//! The synthetic patients, as a tester reads them off the list and types them.

use kyukyu::domain::CalendarDate;
use kyukyu::domain::key::{EnquiryKey, IdentificationMethod, KeyDraft, Sex};

const LIST: &str = include_str!("../../fixtures/patients/README.md");

/// One row of the list.
pub struct Patient {
    pub id: &'static str,
    pub insurer: &'static str,
    pub symbol: &'static str,
    pub number: &'static str,
    pub branch: &'static str,
    pub birth: &'static str,
    pub name: &'static str,
    pub kana: &'static str,
    pub sex: Sex,
    pub address: &'static str,
}

/// The rows that hold a whole patient.
pub fn all() -> Vec<Patient> {
    LIST.lines().filter_map(read).collect()
}

/// One patient by id.
pub fn patient(id: &str) -> Patient {
    all().into_iter().find(|patient| patient.id == id).unwrap_or_else(|| panic!("no patient {id}"))
}

fn read(row: &'static str) -> Option<Patient> {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [id, _, insurer, symbol, number, branch, birth, name, kana, sex, address, _] = cells.as_slice()
    else {
        return None;
    };
    let digits = id.strip_prefix('P')?;
    let typed = |cell: &&'static str| if *cell == "なし" { "" } else { *cell };
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| Patient {
        id,
        insurer,
        symbol: typed(symbol),
        number,
        branch: typed(branch),
        birth,
        name,
        kana,
        sex: match *sex {
            "男" => Sex::Male,
            "女" => Sex::Female,
            _ => Sex::Unset,
        },
        address,
    })
}

impl Patient {
    /// B2
    pub fn certificate(&self) -> KeyDraft {
        KeyDraft {
            method: IdentificationMethod::Certificate,
            insurer_number: self.insurer.into(),
            symbol: self.symbol.into(),
            insured_number: self.number.into(),
            branch_number: self.branch.into(),
            birthdate: self.birth.into(),
            ..KeyDraft::default()
        }
    }

    /// The same as the station checks it.
    pub fn key(&self) -> EnquiryKey {
        checked(&self.certificate())
    }

    /// B3
    pub fn four_items(&self) -> KeyDraft {
        four_items(self.name, self.birth, self.sex, self.address)
    }
}

/// A form as the station checks it.
pub fn checked(draft: &KeyDraft) -> EnquiryKey {
    draft.check(CalendarDate::from_compact("20261123").unwrap()).unwrap()
}

/// B3, typed by hand.
pub fn four_items(name: &str, birth: &str, sex: Sex, address: &str) -> KeyDraft {
    KeyDraft {
        method: IdentificationMethod::FourItems,
        name: name.into(),
        birthdate: birth.into(),
        sex: Some(sex),
        address: address.into(),
        ..KeyDraft::default()
    }
}
