//! The tables of the dialect file as structs, so that a name that the code needs cannot be missing.

use super::check::Check;
use super::load::Loader;

/// One entry: the first value is written, any of them is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::exchange) struct Terms(pub(super) Vec<String>);

impl Terms {
    /// The value to write; empty only where the dialect allows an empty list.
    pub(in crate::exchange) fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Whether a value that was read is one of these.
    pub(in crate::exchange) fn has(&self, value: &str) -> bool {
        self.0.iter().any(|term| term == value)
    }

    /// All of them.
    pub(in crate::exchange) fn all(&self) -> &[String] {
        &self.0
    }
}

macro_rules! tables {
    ($($(#[$meta:meta])* $name:ident { $($field:ident: $check:ident),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub(in crate::exchange) struct $name { $(pub(in crate::exchange) $field: Terms),* }

        impl $name {
            pub(super) fn load(loader: &mut Loader<'_>, path: &'static str) -> Self {
                let section = loader.section(path, &[$(stringify!($field)),*]);
                Self { $($field: loader.terms(&section, stringify!($field), Check::$check)),* }
            }
        }
    )*};
}

tables! {
    /// `[methods]`
    MethodFlags { my_number_card: Flag, certificate: Flag, four_items: Flag, medical_assistance: Flag }
    /// `[folders]`
    FolderNames { requests: Folder, answers: Folder, face: Folder }
    /// `[files]`
    FileNames {
        person_search_request: Prefix, person_search_answer: Prefix, emergency_request: Prefix,
        emergency_answer: Prefix, face_result: Prefix, suffix: Suffix, temporary_prefix: Hidden,
        temporary_ending: Hidden,
    }
    /// `[elements.message]`
    MessageNames { root: Element, header: Element, body: Element }
    /// `[elements.request]`
    RequestNames {
        date: Element, institution: Element, identifier: Element, authority: Element, factors: Element,
        factor: Element, factor_kind: Element, factor_method: Element, consent: Element, person_search: Element,
        name: Element, birthdate: Element, sex: Element, address: Element, insurer_name: Element,
        insurer_number: Element, symbol: Element, insured_number: Element, branch_number: Element,
        reference_number: Element, treatment: Element, information: Element, file_category: Element,
    }
    /// `[elements.answer]`
    AnswerNames {
        processed: Element, institution: Element, identifier: Element, segment: Element, error_code: Element,
        error_message: Element, character_code: Element, result_code: Element, result_message: Element,
        status: Element, code: Element, message: Element, validity: Element, people: Element, person: Element,
        not_shown: Elements,
    }
    /// `[elements.person]`
    PersonNames {
        insurer_number: Element, symbol: Element, insured_number: Element, branch_number: Element, name: Element,
        kana: Element, sex: Element, birthdate: Element, address: Element, insurer_name: Element,
        reference_number: Element, validity: Element, not_shown: Elements,
    }
    /// `[elements.summary]`
    SummaryNames {
        insurer_number: Element, symbol: Element, insured_number: Element, branch_number: Element,
        reference_number: Element, person: Element, name: Element, kana: Element, birthdate: Element, sex: Element,
        summary: Element, created: Element, visits: Element, visit_month: Element, operations: Element,
        operation_month: Element, dialysis: Element, dialysis_month: Element, checkups: Element, checkup: Element,
        checkup_date: Element, treatments: Element, treatment: Element, treatment_name: Element,
        treatment_code: Element, treatment_class: Element, amount: Element, unit: Element, times: Element,
    }
    /// `[elements.receipt]`, `[elements.dispensing]` and `[elements.prescription]`: three trees of one shape.
    DrugNames {
        list: Elements, month: Element, facility_code: Element, facility_name: Element, prescriber_code: Element,
        prescriber_name: Element, year_month: Element, in_out: Element, days: Element, day: Element, date: Elements,
        prescribed: Element, drugs: Element, drug: Element, drug_code: Element, drug_name: Element,
        ingredient: Element, amount: Element, unit: Element, usage: Element, instruction: Element, times: Element,
        class: Element, not_shown: Elements,
    }
    /// `[codes.consent]`
    ConsentCodes { given: Code, unobtainable: Code }
    /// `[codes.authority]`
    AuthorityCodes { absent: Code, present: Code }
    /// `[codes.treatment]`
    TreatmentCodes { emergency: Code }
    /// `[codes.information]`
    InformationCodes { summary: Code, full: Code }
    /// `[codes.file]`
    FileCodes { pdf: Code, xml: Code }
    /// `[codes.factor_kind]`
    FactorKindCodes { knowledge: Code, biometric: Code, possession: Code }
    /// `[codes.factor_method]`
    FactorMethodCodes { password: Code, ic_card: Code, one_time_password: Code, face: Code }
    /// `[codes.sex]`
    SexCodes { male: Code, female: Code, unset: Code }
    /// `[codes.segment]`
    SegmentCodes { normal: Code, processing: Code, error: Code }
    /// `[codes.status]`
    StatusCodes { normal: Code, error: Code }
    /// `[codes.result]`
    ResultCodes { success: Code, no_match: Code, too_many: Code }
    /// `[codes.validity]`
    ValidityCodes { valid: Code, lapsed: Code, none: Code, several: Code, unregistered: Code }
    /// `[codes.in_out]`
    InOutCodes { inpatient: Code, outpatient: Code }
    /// `[codes.character]`
    CharacterCodes { utf8: Code, shift_jis: Code }
    /// `[codes.receipt_class]`
    ReceiptClassCodes { operation: Code }
    /// `[marks]`
    Marks { dialysis: Code }
}

/// Every `[codes.…]` table.
#[derive(Clone, Debug)]
pub(in crate::exchange) struct CodeValues {
    pub(in crate::exchange) consent: ConsentCodes,
    pub(in crate::exchange) authority: AuthorityCodes,
    pub(in crate::exchange) treatment: TreatmentCodes,
    pub(in crate::exchange) information: InformationCodes,
    pub(in crate::exchange) file: FileCodes,
    pub(in crate::exchange) factor_kind: FactorKindCodes,
    pub(in crate::exchange) factor_method: FactorMethodCodes,
    pub(in crate::exchange) sex: SexCodes,
    pub(in crate::exchange) segment: SegmentCodes,
    pub(in crate::exchange) status: StatusCodes,
    pub(in crate::exchange) result: ResultCodes,
    pub(in crate::exchange) validity: ValidityCodes,
    pub(in crate::exchange) in_out: InOutCodes,
    pub(in crate::exchange) character: CharacterCodes,
    pub(in crate::exchange) receipt_class: ReceiptClassCodes,
}

impl CodeValues {
    pub(super) fn load(loader: &mut Loader<'_>) -> Self {
        Self {
            consent: ConsentCodes::load(loader, "codes.consent"),
            authority: AuthorityCodes::load(loader, "codes.authority"),
            treatment: TreatmentCodes::load(loader, "codes.treatment"),
            information: InformationCodes::load(loader, "codes.information"),
            file: FileCodes::load(loader, "codes.file"),
            factor_kind: FactorKindCodes::load(loader, "codes.factor_kind"),
            factor_method: FactorMethodCodes::load(loader, "codes.factor_method"),
            sex: SexCodes::load(loader, "codes.sex"),
            segment: SegmentCodes::load(loader, "codes.segment"),
            status: StatusCodes::load(loader, "codes.status"),
            result: ResultCodes::load(loader, "codes.result"),
            validity: ValidityCodes::load(loader, "codes.validity"),
            in_out: InOutCodes::load(loader, "codes.in_out"),
            character: CharacterCodes::load(loader, "codes.character"),
            receipt_class: ReceiptClassCodes::load(loader, "codes.receipt_class"),
        }
    }
}
