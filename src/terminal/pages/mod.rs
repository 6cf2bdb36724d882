//! The screens of `docs/`' list, one file each: a model, what a key does to it, how it is drawn.

mod candidate;
mod candidates;
mod card;
mod card_words;
mod case_form;
mod confirm;
mod finding;
mod home;
mod identify;
mod lines;
mod lock;
mod log;
mod log_form;
mod login;
mod outcome;
mod parts;
mod person;
mod reading;
mod review;
mod review_again;
mod review_item;
mod review_rows;
mod rows;
mod sheet;
mod tabs;
mod telling;
mod token;
mod verdict;
mod waiting;
mod words;

pub use login::Login;

use super::app::{Goto, Page, Shell};
use crate::protocol::view::{EnquiryView, Stage};

/// Opens a page.
pub fn open(to: Goto, shell: &Shell) -> Box<dyn Page> {
    match to {
        Goto::Login => Box::new(Login::new()),
        Goto::Card => Box::new(card::Card::new()),
        Goto::Token => Box::new(token::Token::new()),
        Goto::Home(home) => Box::new(home::Home::new(*home, shell)),
        Goto::Case(case) => Box::new(case_form::CaseForm::new(case.map(|case| *case))),
        Goto::Identify(view) => Box::new(identify::Identify::new(*view, shell)),
        Goto::Confirm(view) => Box::new(confirm::Confirm::new(*view, shell)),
        Goto::Enquiry(view) => enquiry(*view, shell),
        Goto::Candidate(view, candidate) => Box::new(candidate::OneCandidate::new(*view, *candidate)),
        Goto::Person(view, person) => Box::new(person::ConfirmPerson::new(*view, *person)),
        Goto::Reading(view, page) => Box::new(reading::Reading::new(*view, *page)),
        Goto::Log(page, own) => Box::new(log::Log::new(page, own)),
        Goto::Reviews(list) => Box::new(review::Reviews::new(review::Tab::Open(*list))),
        Goto::ClosedReviews(list) => Box::new(review::Reviews::new(review::Tab::Closed(*list))),
        Goto::Explanations(list) => Box::new(review::Reviews::new(review::Tab::Explanations(*list))),
        Goto::Review(view) => Box::new(review_item::OneReview::new(*view)),
        Goto::Verdict(view) => Box::new(verdict::GiveVerdict::new(*view)),
        Goto::ReviewAgain(view) => Box::new(review_again::Again::new(*view)),
        Goto::Slip(slip, told) => Box::new(review_item::Slip::new(*slip, *told)),
        Goto::Telling(telling, told, from_slip) => Box::new(telling::Record::new(telling, *told, from_slip)),
        Goto::Lock(because) => Box::new(lock::Lock::new(because)),
    }
}

/// The page for where an enquiry stands.
fn enquiry(view: EnquiryView, shell: &Shell) -> Box<dyn Page> {
    match &view.stage {
        Stage::Drafting if view.late_to_open => Box::new(outcome::Outcome::new(view)),
        Stage::Drafting => Box::new(identify::Identify::new(view, shell)),
        Stage::Sent { .. } => Box::new(waiting::Waiting::new(view, shell)),
        Stage::Candidates { .. } => Box::new(candidates::Candidates::new(view)),
        _ => Box::new(outcome::Outcome::new(view)),
    }
}
