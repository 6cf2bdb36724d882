//! All synthetic data together: masters, records, patients; built in, or brought by a scenario.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::data_file;

use super::behaviour::Behaviour;
use super::calendar;
use super::patient::Patient;
use super::record::{Record, TreatmentLine};

/// The files that are compiled in.
const BUILT_IN: [(&str, &str); 4] = [
    ("masters.toml", include_str!("../../fixtures/patients/masters.toml")),
    ("records.toml", include_str!("../../fixtures/patients/records.toml")),
    ("people.toml", include_str!("../../fixtures/patients/people.toml")),
    ("trouble.toml", include_str!("../../fixtures/patients/trouble.toml")),
];

/// One data file, or the sum of several. Later entries of the same key replace earlier ones.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Book {
    /// 保険者.
    pub(super) insurer: BTreeMap<String, Insurer>,
    /// 医療機関 and 薬局.
    pub(super) institution: BTreeMap<String, Institution>,
    /// 医薬品.
    pub(super) drug: BTreeMap<String, Drug>,
    /// 診療行為.
    pub(super) treatment: BTreeMap<String, Treatment>,
    /// Care.
    pub(super) record: BTreeMap<String, Record>,
    /// Patients, in the order of the files.
    pub(super) patient: Vec<Patient>,
}

/// 保険者.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Insurer {
    /// 保険者番号, 8 digits, or 6 for 国民健康保険.
    pub(super) number: String,
    /// 保険者名称.
    pub(super) name: String,
}

/// 医療機関 or 薬局.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Institution {
    /// 医療機関コード, 10 digits.
    pub(super) code: String,
    /// Name.
    pub(super) name: String,
    /// DiOrg: 1 医科, 2 歯科, 4 調剤.
    pub(super) kind: String,
}

/// 医薬品.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Drug {
    /// レセプト電算処理コード, 9 digits.
    pub(super) code: String,
    /// Name.
    pub(super) name: String,
    /// 一般名.
    pub(super) general: Option<String>,
    /// 単位.
    pub(super) unit: String,
    /// 診療識別: 21 内服, 22 屯服, 23 外用, 31–33 注射.
    #[serde(default = "oral")]
    pub(super) class: String,
    /// Usual 用法.
    pub(super) usage: Option<String>,
}

/// 診療行為.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Treatment {
    /// 9 digits.
    pub(super) code: String,
    /// Name.
    pub(super) name: String,
    /// 診療識別: 11 初診 … 40 処置, 50 手術, 60 検査, 70 画像.
    pub(super) class: String,
    /// 単位.
    pub(super) unit: Option<String>,
}

fn oral() -> String {
    "21".into()
}

impl Book {
    /// The data compiled into the program. The error names the file and what is wrong in it.
    pub(super) fn built_in() -> Result<Self, String> {
        let mut book = Self::default();
        for (name, text) in BUILT_IN {
            let part = data_file::from_str(text).map_err(|error| format!("{name}: {error}"))?;
            book.merge(part);
        }
        Ok(book)
    }

    /// Adds another book's entries, which win where keys are equal.
    pub(super) fn merge(&mut self, other: Self) {
        self.insurer.extend(other.insurer);
        self.institution.extend(other.institution);
        self.drug.extend(other.drug);
        self.treatment.extend(other.treatment);
        self.record.extend(other.record);
        for patient in other.patient {
            match self.patient.iter_mut().find(|known| known.id == patient.id) {
                Some(known) => *known = patient,
                None => self.patient.push(patient),
            }
        }
    }

    /// The patient of that id.
    pub(super) fn patient(&self, id: &str) -> Option<&Patient> {
        self.patient.iter().find(|patient| patient.id == id)
    }

    /// Whether every key leads somewhere and every fixed value has its form. The error is a Japanese sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut ids = BTreeSet::new();
        for patient in &self.patient {
            let wrong = |what: &str| Err(format!("患者 {}: {what}", patient.id));
            if !ids.insert(&patient.id) {
                return wrong("同じidの患者が2人います");
            }
            if !self.insurer.contains_key(&patient.insurer) {
                return wrong(&format!("insurer「{}」がありません", patient.insurer));
            }
            if let Some(record) = &patient.record
                && !self.record.contains_key(record)
            {
                return wrong(&format!("record「{record}」がありません"));
            }
            if calendar::parse(&patient.birth).is_none() || calendar::parse(&patient.qualified).is_none() {
                return wrong("日付は西暦8桁（yyyyMMdd）で書いてください");
            }
            if !(1..=3).contains(&patient.sex) {
                return wrong("sexは1・2・3のいずれかです");
            }
            let stranger = patient.manner.wrong_person.as_deref();
            if patient.manner.behaviour == Some(Behaviour::WrongPerson)
                && stranger.and_then(|id| self.patient(id)).is_none()
            {
                return wrong("wrong_personに、応答に使う別の患者のidを書いてください");
            }
        }
        for (key, record) in &self.record {
            self.check_record(record).map_err(|what| format!("記録 {key}: {what}"))?;
        }
        Ok(())
    }

    fn check_record(&self, record: &Record) -> Result<(), String> {
        let mut places: Vec<&String> = Vec::new();
        let mut drugs: Vec<&String> = Vec::new();
        let mut treatments: Vec<&TreatmentLine> = Vec::new();
        for receipt in &record.receipt {
            places.push(&receipt.at);
            places.extend(receipt.by.as_ref());
            drugs.extend(receipt.drugs.iter().map(|line| &line.drug));
            treatments.extend(&receipt.treatments);
        }
        for dispensing in record.dispensing.iter().chain(&record.prescription) {
            places.push(&dispensing.at);
            places.extend(dispensing.by.as_ref());
            drugs.extend(dispensing.drugs.iter().map(|line| &line.drug));
        }
        for operation in &record.operation {
            places.push(&operation.at);
            treatments.extend(&operation.treatments);
        }
        for dialysis in &record.dialysis {
            places.push(&dialysis.at);
            treatments.extend(&dialysis.treatments);
        }
        if let Some(key) = places.into_iter().find(|key| !self.institution.contains_key(*key)) {
            return Err(format!("institution「{key}」がありません"));
        }
        if let Some(key) = drugs.into_iter().find(|key| !self.drug.contains_key(*key)) {
            return Err(format!("drug「{key}」がありません"));
        }
        if let Some(line) = treatments.into_iter().find(|line| !self.treatment.contains_key(&line.treatment))
        {
            return Err(format!("treatment「{}」がありません", line.treatment));
        }
        Ok(())
    }
}
