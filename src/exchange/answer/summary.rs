//! 救急用サマリー: three parallel trees of drugs, and visits, operations and dialysis in the receipt's names.

use super::AnswerError;
use super::fields::Notes;
use super::person::answer_person;
use super::xml::Node;
use crate::domain::medical::{DrugRow, EmergencySummary, Facility, InOut, Source, TreatmentRow, Visit};
use crate::domain::{CalendarDate, Month, SafeText};
use crate::exchange::dialect::{Dialect, DrugNames, Terms};

/// Reads the body of a summary and the person of its header. Notes are added by the caller.
pub(super) fn summary(
    header: &Node,
    body: &Node,
    dialect: &Dialect,
    notes: &Notes,
) -> Result<EmergencySummary, AnswerError> {
    let read = Reading { dialect, notes };
    let names = &dialect.summary;
    let mut found = EmergencySummary {
        person: answer_person(header, dialect, notes)?,
        created: body.date(&names.created, notes)?,
        visits: Vec::new(),
        e_prescriptions: Vec::new(),
        drugs: Vec::new(),
        operations: Vec::new(),
        treatments: Vec::new(),
        checkups: Vec::new(),
        unknown: Vec::new(),
    };
    for month in listed(body, &names.visits, &names.visit_month) {
        read.visits(month, &mut found.visits)?;
    }
    for month in listed(body, &dialect.dispensing.list, &dialect.dispensing.month) {
        read.drugs(month, &dialect.dispensing, Source::Dispensing, &mut found.e_prescriptions)?;
    }
    for month in listed(body, &dialect.prescription.list, &dialect.prescription.month) {
        read.drugs(month, &dialect.prescription, Source::Prescription, &mut found.e_prescriptions)?;
    }
    for month in listed(body, &names.operations, &names.operation_month) {
        read.treatments(month, |row, _| found.operations.push(row))?;
    }
    for month in listed(body, &names.dialysis, &names.dialysis_month) {
        read.treatments(month, |row, _| found.treatments.push(TreatmentRow { dialysis: true, ..row }))?;
    }
    let operation = &dialect.codes.receipt_class.operation;
    for month in listed(body, &dialect.receipt.list, &dialect.receipt.month) {
        read.drugs(month, &dialect.receipt, Source::Receipt, &mut found.drugs)?;
        read.treatments(month, |row, class| {
            // A row that repeats one of the operation or dialysis lists in everything shown is the same act.
            let rows = if operation.has(class) { &mut found.operations } else { &mut found.treatments };
            let twin = |other: &TreatmentRow| TreatmentRow { dialysis: row.dialysis, ..other.clone() } == row;
            if !rows.iter().any(|other| (operation.has(class) || other.dialysis) && twin(other)) {
                rows.push(row);
            }
        })?;
    }
    for checkup in listed(body, &names.checkups, &names.checkup) {
        match checkup.date(&names.checkup_date, notes)? {
            Some(date) => found.checkups.push(date),
            None => notes.add(&format!("{}（日付なし）", names.checkup.first())),
        }
    }
    Ok(found)
}

/// The items of every list of this name; where the dialect has no list, the items themselves.
fn listed<'n>(body: &'n Node, list: &'n Terms, item: &'n Terms) -> Vec<&'n Node> {
    if list.all().is_empty() {
        return body.all(item).collect();
    }
    body.all(list).flat_map(|list| list.all(item)).collect()
}

struct Reading<'d> {
    dialect: &'d Dialect,
    notes: &'d Notes,
}

/// What the rows of one month share.
struct MonthOf {
    facility: Facility,
    month: Option<Month>,
    in_out: InOut,
}

impl Reading<'_> {
    fn month(&self, node: &Node, names: &DrugNames) -> Result<MonthOf, AnswerError> {
        node.pass(&names.not_shown);
        Ok(MonthOf {
            facility: facility(node, &names.facility_code, &names.facility_name)?,
            month: node.month(&names.year_month, self.notes)?,
            in_out: self.in_out(node, &names.in_out)?,
        })
    }

    fn in_out(&self, node: &Node, names: &Terms) -> Result<InOut, AnswerError> {
        let Some(child) = node.one(names)? else { return Ok(InOut::Unknown) };
        let codes = &self.dialect.codes.in_out;
        Ok(match child.value() {
            code if codes.inpatient.has(code) => InOut::Inpatient,
            code if codes.outpatient.has(code) => InOut::Outpatient,
            "" => InOut::Unknown,
            other => {
                self.notes.value(&child.name, other);
                InOut::Unknown
            }
        })
    }

    fn visits(&self, node: &Node, visits: &mut Vec<Visit>) -> Result<(), AnswerError> {
        let names = &self.dialect.receipt;
        let MonthOf { facility, month, in_out } = self.month(node, names)?;
        let mut dates: Vec<Option<CalendarDate>> = Vec::new();
        for day in listed(node, &names.days, &names.day) {
            dates.push(day.date(&names.date, self.notes)?);
        }
        if dates.is_empty() {
            dates.push(None);
        }
        visits.extend(dates.into_iter().map(|date| Visit {
            facility: facility.clone(),
            month,
            date,
            in_out,
        }));
        Ok(())
    }

    fn drugs(
        &self,
        node: &Node,
        names: &DrugNames,
        source: Source,
        rows: &mut Vec<DrugRow>,
    ) -> Result<(), AnswerError> {
        let MonthOf { facility: place, month, in_out } = self.month(node, names)?;
        let prescriber = facility(node, &names.prescriber_code, &names.prescriber_name)?;
        let prescriber = Some(prescriber).filter(|f| !(f.code.is_empty() && f.name.is_empty()));
        let days = listed(node, &names.days, &names.day);
        if days.is_empty() {
            self.notes.add(&format!("{}（明細なし）", names.month.first()));
        }
        for day in days {
            let date = day.date(&names.date, self.notes)?;
            let ordered = day.date(&names.prescribed, self.notes)?;
            for drug in listed(day, &names.drugs, &names.drug) {
                rows.push(DrugRow {
                    source,
                    also_from: None,
                    facility: place.clone(),
                    prescriber: prescriber.clone(),
                    month,
                    date,
                    prescribed: ordered,
                    in_out,
                    category: drug.text_of(&names.class)?,
                    code: drug.text_of(&names.drug_code)?,
                    name: self.name(drug, &names.drug_name)?,
                    ingredient: drug.text_of(&names.ingredient)?,
                    amount: drug.text_of(&names.amount)?,
                    unit: drug.text_of(&names.unit)?,
                    usage: drug.text_of(&names.usage)?,
                    instruction: drug.text_of(&names.instruction)?,
                    times: drug.text_of(&names.times)?,
                });
            }
        }
        Ok(())
    }

    fn treatments(&self, node: &Node, mut add: impl FnMut(TreatmentRow, &str)) -> Result<(), AnswerError> {
        let names = &self.dialect.receipt;
        let summary = &self.dialect.summary;
        let MonthOf { facility, month, in_out } = self.month(node, names)?;
        for day in listed(node, &names.days, &names.day) {
            let date = day.date(&names.date, self.notes)?;
            for act in listed(day, &summary.treatments, &summary.treatment) {
                let name = self.name(act, &summary.treatment_name)?;
                let class = act.text_of(&summary.treatment_class)?;
                let dialysis = self
                    .dialect
                    .dialysis_marks
                    .all()
                    .iter()
                    .any(|mark| name.as_str().contains(mark.as_str()));
                let row = TreatmentRow {
                    facility: facility.clone(),
                    month,
                    date,
                    in_out,
                    code: act.text_of(&summary.treatment_code)?,
                    name,
                    amount: self.amount(act)?,
                    dialysis,
                };
                add(row, class.as_str());
            }
        }
        Ok(())
    }

    /// A row without a name stays visible, and says so: one bad row must not hide a whole summary at night.
    fn name(&self, row: &Node, names: &Terms) -> Result<SafeText, AnswerError> {
        Ok(row.optional(names)?.unwrap_or_else(|| {
            self.notes.add(&format!("{}（項目なし）", names.first()));
            SafeText::new("（名称なし）")
        }))
    }

    /// Amount, unit and times in one, such as `2 時間 ×3`.
    fn amount(&self, act: &Node) -> Result<SafeText, AnswerError> {
        let names = &self.dialect.summary;
        let mut parts: Vec<String> = Vec::new();
        for terms in [&names.amount, &names.unit] {
            parts.extend(act.optional(terms)?.map(|text| text.as_str().to_owned()));
        }
        parts.extend(act.optional(&names.times)?.map(|times| format!("×{times}")));
        Ok(SafeText::new(&parts.join(" ")))
    }
}

fn facility(node: &Node, code: &Terms, name: &Terms) -> Result<Facility, AnswerError> {
    Ok(Facility { code: node.text_of(code)?, name: node.text_of(name)? })
}
