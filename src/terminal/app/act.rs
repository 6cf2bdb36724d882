//! What a page wants: plain values, done elsewhere.

use super::told::{Telling, Told};
use crate::protocol::reviews::{ClosedList, ExplanationList, ReviewList, ReviewView, SlipView};
use crate::protocol::view::{
    CandidateView, EnquiryView, HomeView, LogPage, PersonView, SessionView, SummaryPage,
};
use crate::protocol::{Request, Secret};
use crate::terminal::card::{Found, Order, Place, Watched};
use crate::terminal::theme::Role;

/// One wish of a page.
#[derive(Debug)]
pub enum Act {
    /// Ask the station; the page gets the answer. Until it is there, what is asked besides is dropped, so that a key
    /// pressed twice does nothing twice; only the way home ([`Request::Home`]) stays open.
    Ask(Request),
    /// Look at something by the way: it stops no key. What is to be looked at during a look waits for its turn.
    Look(Request),
    /// Ask the station; nobody waits for the answer.
    Tell(Request),
    /// Ask whoever has the card. A question takes the place of the one before.
    Card(CardAsk),
    /// Do not wait for the card any longer.
    CardCancel,
    /// Lock as soon as this card is gone.
    Watch(Watched),
    /// Another page.
    Go(Goto),
    /// Say something on the line above the keys until the next key.
    Say(Role, String),
    /// What was said is over: it was about something that has ended.
    Unsay,
    /// The session began or changed.
    Session(Option<SessionView>),
    /// Hold the token that takes up a lost line.
    Token(Option<Secret>),
    /// The session was unlocked: back to what was being typed, or home.
    Unlocked,
    /// Nothing of what was on the screen may stay in the scrollback.
    Wipe,
    /// Leave.
    Quit,
}

/// A question about cards.
#[derive(Debug)]
pub enum CardAsk {
    /// What lies in which reader.
    Look,
    /// Say when that changes.
    Await(Box<Found>),
    /// Sign.
    Sign(Place, Box<Order>),
}

/// Where to go, with what is shown there.
#[derive(Debug)]
pub enum Goto {
    /// 1 ログイン
    Login,
    /// 1 ログイン, second factor.
    Card,
    /// The same with a one-time password.
    Token,
    /// 2 ホーム
    Home(Box<HomeView>),
    /// The form of a case; an existing one to correct, or a new one.
    Case(Option<Box<crate::domain::case::Case>>),
    /// 3 患者特定
    Identify(Box<EnquiryView>),
    /// 4 確認
    Confirm(Box<EnquiryView>),
    /// The page for where an enquiry stands.
    Enquiry(Box<EnquiryView>),
    /// One candidate.
    Candidate(Box<EnquiryView>, Box<CandidateView>),
    /// 7 本人確認
    Person(Box<EnquiryView>, Box<PersonView>),
    /// 7 閲覧
    Reading(Box<EnquiryView>, Box<SummaryPage>),
    /// 8 操作ログ
    Log(LogPage, bool),
    /// 9 事後確認
    Reviews(Box<ReviewList>),
    /// 9 事後確認, one item.
    Review(Box<ReviewView>),
    /// 9 事後確認, the verdict.
    Verdict(Box<ReviewView>),
    /// 9 事後確認, 再確認 of a closed item.
    ReviewAgain(Box<ReviewView>),
    /// 9 事後確認, the closed ones.
    ClosedReviews(Box<ClosedList>),
    /// 9 事後説明: those that are due, or were given.
    Explanations(Box<ExplanationList>),
    /// The slip for a patient.
    Slip(Box<SlipView>, Box<Told>),
    /// 9 事後説明, the forms; whether it was opened from the slip.
    Telling(Telling, Box<Told>, bool),
    /// 10 ロック, with the reason if it is not that somebody wanted it.
    Lock(Option<String>),
}
