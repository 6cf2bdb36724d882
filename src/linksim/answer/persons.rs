//! Persons found, in the layout of the 資格確認 response; and what a face-authentication reader pushes.

use super::super::book::Book;
use super::super::calendar;
use super::super::coding::Coding;
use super::super::patient::Patient;
use super::super::xml_write::{Controls, Writer};
use super::{Envelope, header};

/// More than this many persons are not listed.
const MOST: usize = 5;

/// Header and body for any number of persons found.
pub(super) fn write(w: &mut Writer, book: &Book, envelope: &Envelope, coding: Coding, found: &[&Patient]) {
    w.element("MessageHeader", |w| header::write(w, envelope, coding, "1", None));
    w.element("MessageBody", |w| match found {
        [] => {
            w.leaf("ProcessingResultStatus", "2");
            w.leaf("ProcessingResultCode", "EMS00000");
            w.leaf("ProcessingResultMessage", "該当する資格情報がありません");
            w.leaf("QualificationValidity", "4");
        }
        [one] => {
            w.leaf("ProcessingResultStatus", "1");
            w.leaf("QualificationValidity", one.validity());
            list(w, book, envelope, found);
        }
        few if few.len() <= MOST => {
            w.leaf("ProcessingResultStatus", "1");
            w.leaf("QualificationValidity", "5");
            list(w, book, envelope, few);
        }
        _ => {
            w.leaf("ProcessingResultStatus", "2");
            w.leaf("ProcessingResultCode", "EMS00006");
            w.leaf("ProcessingResultMessage", "該当する資格情報が６件以上あります");
            w.leaf("QualificationValidity", "5");
        }
    });
}

/// A face-reader result: one person, by card, with no request before it.
pub(in super::super) fn face(
    book: &Book,
    envelope: &Envelope,
    patient: &Patient,
    coding: Coding,
) -> Option<Vec<u8>> {
    let mut writer = Writer::new(coding.declared(), Controls::Referenced, false);
    writer.element("XmlMsg", |w| {
        w.element("MessageHeader", |w| header::write_as(w, envelope, coding, "1", None, "1"));
        w.element("MessageBody", |w| {
            w.leaf("ProcessingResultStatus", "1");
            w.leaf("QualificationValidity", patient.validity());
            w.optional("ReferenceNumber", patient.reference.as_deref());
            list(w, book, envelope, &[patient]);
        });
    });
    coding.encode(&writer.finish())
}

fn list(w: &mut Writer, book: &Book, envelope: &Envelope, found: &[&Patient]) {
    w.element("ResultList", |w| {
        for patient in found {
            w.element("ResultOfQualificationConfirmation", |w| one(w, book, envelope, patient));
        }
    });
}

fn one(w: &mut Writer, book: &Book, envelope: &Envelope, patient: &Patient) {
    let insurer = book.insurer.get(&patient.insurer);
    w.leaf("InsuredCardClassification", &patient.card);
    w.leaf("InsurerNumber", &format!("{:>8}", insurer.map_or("", |i| &i.number)));
    w.optional("InsuredCardSymbol", patient.symbol.as_deref());
    w.leaf("InsuredIdentificationNumber", &patient.number);
    w.optional("InsuredBranchNumber", patient.branch.as_deref());
    w.leaf("PersonalFamilyClassification", &patient.relation.to_string());
    w.leaf("InsuredName", patient.insured_name.as_deref().unwrap_or(patient.sent_name()));
    w.leaf("Name", patient.sent_name());
    w.optional("NameOfOther", patient.other_name.as_deref());
    w.leaf("NameKana", &patient.kana);
    w.optional("NameOfOtherKana", patient.other_kana.as_deref());
    w.leaf("Sex1", &patient.sex.to_string());
    w.leaf("Birthdate", &patient.birth);
    w.leaf("Address", &patient.address);
    w.leaf("PostNumber", &patient.post);
    w.leaf("QualificationDate", &patient.qualified);
    let lapsed = patient.lapsed_days_ago.map(|days| calendar::days_before(envelope.time.date(), days));
    w.optional("DisqualificationDate", lapsed.map(calendar::compact).as_deref());
    w.leaf("InsurerName", insurer.map_or("", |i| &i.name));
    w.optional("ReferenceNumber", patient.reference.as_deref());
    w.leaf("QualificationValidity", patient.validity());
}
