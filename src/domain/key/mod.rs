//! The key of an enquiry (資格確認書等情報 or 4情報) and its checks, the same in the form and at the station.
//!
//! A [`KeyDraft`] is what was typed, whatever is wrong with it; an [`EnquiryKey`] can be made only by its check,
//! and nothing else can be sent.

mod draft;
mod enquiry_key;
mod error;
mod method;
mod sex;
#[cfg(test)]
mod tests;
mod value;

pub use draft::{FieldError, KeyDraft};
pub use enquiry_key::{EnquiryKey, FourItems, InsuranceKey, Place};
pub use error::KeyError;
pub use method::{IdentificationMethod, KeyField};
pub use sex::Sex;
pub use value::{BranchNumber, InsuredNumber, ReferenceNumber, SendableName, SendableText, Symbol};
