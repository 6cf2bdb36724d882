//! Results of the face-authentication reader (B1): listed in place, only the chosen one copied.

use super::drafting;
use crate::domain::SafeText;
use crate::domain::enquiry::EnquiryId;
use crate::domain::key::{IdentificationMethod, KeyDraft};
use crate::log::{Act, Subject};
use crate::protocol::Reply;
use crate::station::cut;
use crate::station::desk::{Desk, Outcome};
use crate::station::records::Holder;

/// The door before names are read from the folder: permission, two factors, method switched on.
pub(crate) fn may_list(desk: &mut Desk<'_, '_>) -> Outcome {
    const ACT: &str = "face_results";
    desk.viewer(ACT)?;
    drafting::method_is_on(desk, ACT, IdentificationMethod::MyNumberCard)?;
    Ok(Reply::Done)
}

/// The same door for one result and one's own enquiry, before the folder is asked.
pub(crate) fn may_choose(desk: &mut Desk<'_, '_>, id: &EnquiryId) -> Outcome {
    const ACT: &str = "use_face_result";
    let viewer = desk.viewer(ACT)?;
    drafting::method_is_on(desk, ACT, IdentificationMethod::MyNumberCard)?;
    desk.own_enquiry(ACT, &viewer.caller, id)?;
    Ok(Reply::Done)
}

/// The list goes on record before it goes to the screen.
pub(crate) fn listed(desk: &mut Desk<'_, '_>, people: &[Subject]) -> Outcome {
    desk.viewer("face_results")?;
    let shown = u32::try_from(people.len()).unwrap_or(u32::MAX);
    desk.log(Act::FaceListShown { shown, people: people.to_vec() })?;
    Ok(Reply::Done)
}

/// The chosen result's key becomes the form, and stays as the value on file.
pub(crate) fn chosen(
    desk: &mut Desk<'_, '_>,
    id: &EnquiryId,
    file: &SafeText,
    sha256: &SafeText,
    key: &KeyDraft,
    holder: &Holder,
) -> Outcome {
    const ACT: &str = "use_face_result";
    let viewer = desk.viewer(ACT)?;
    drafting::method_is_on(desk, ACT, IdentificationMethod::MyNumberCard)?;
    let enquiry = drafting::fill_from_source(desk, ACT, &viewer.caller, id, key, holder)?;
    let person = Some(Box::new(cut::subject_of_draft(key)));
    desk.log(Act::FaceResultCopied { file: file.clone(), sha256: sha256.clone(), person })?;
    Ok(Reply::Enquiry(Box::new(cut::enquiry(desk, &enquiry)?)))
}
