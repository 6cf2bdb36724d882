//! Items of 事後確認 and what is to be explained to patients, kept where the act is kept: in its transaction.
//!
//! The index beside the items holds only keys and small rows: `open/` (priority first, then oldest), `of/` (the newest
//! item of an enquiry or of a token in a session), `by/` (every item of an enquiry), `month/`, `explain/` (explanations
//! due, oldest first), `explain-of/` (the same by owner), `told/` and `told-of/` (those that were given). Open items are
//! counted by their keys; nothing is opened for that.

use super::cut;
use super::desk::Desk;
use super::records::Document;
use crate::clock;
use crate::domain::consent::Consent;
use crate::domain::enquiry::{CancelOutcome, Enquiry, EnquiryId, HeldBecause, State};
use crate::domain::explanation::Explanation;
use crate::domain::factor::{Factor, TwoFactors};
use crate::domain::medical::{AnswerContent, AnswerPerson};
use crate::domain::review::{
    About, Facts, Item, Part, PersonConfirmed, Priority, ReviewId, Role, overdue_before,
};
use crate::domain::{Account, Permission, SafeText, UserId};
use crate::log::Subject;
use crate::store::{StoreError, Table};

/// Counts items up.
const COUNT_KEY: &str = "reviews";
/// Open items by their keys.
pub(super) const OPEN: &str = "open/";
/// Explanations due.
pub(super) const EXPLAIN: &str = "explain/";
/// Explanations given.
pub(super) const TOLD: &str = "told/";
/// What is noted beside the kinds of information when a word was looked for in all of them.
pub(super) const SEARCHED: &str = "絞り込み";
/// Items of one enquiry that are looked at.
const OF_ONE_ENQUIRY: usize = 100;
/// Stations of an outcome that are kept.
const OUTCOMES: usize = 12;
/// Between them: a sign whose width no terminal doubts.
const ARROW: &str = " ＞ ";

// -- what opens an item ---------------------------------------------------------------------------------------

/// A request was put on record: it was or may have been sent.
pub(super) fn asked(
    desk: &mut Desk<'_, '_>,
    enquiry: &Enquiry,
    factors: TwoFactors,
) -> Result<(), StoreError> {
    let mut item = of_enquiry(desk, enquiry)?;
    let facts = &mut item.facts;
    facts.requests = facts.requests.saturating_add(1);
    facts.factors = factors.both().to_vec();
    keep(desk, &item)
}

/// A kind of information is about to be displayed. Written down once a kind.
pub(super) fn displayed(
    desk: &mut Desk<'_, '_>,
    enquiry: &Enquiry,
    document: &Document,
    kinds: &[&str],
    factors: TwoFactors,
) -> Result<(), StoreError> {
    let mut item = of_enquiry(desk, enquiry)?;
    let at_ms = desk.now.utc_ms;
    let mut new = false;
    for kind in kinds {
        new |= item.facts.displayed(&SafeText::new(kind), at_ms);
    }
    if !new {
        return Ok(());
    }
    if item.facts.factors.is_empty() {
        item.facts.factors = factors.both().to_vec();
    }
    if document.late {
        item.facts.displayed(&"遅れて届いた応答".into(), at_ms);
    }
    if let Some(AnswerContent::Summary(summary)) = &document.content {
        item.facts.patient = named(&cut::subject_of_answer(&summary.person));
        owed_to(desk, enquiry, &item.facts.patient)?;
    }
    item.facts.person = PersonConfirmed::Same;
    keep(desk, &item)
}

/// An emergency token was issued.
pub(super) fn token_issued(
    desk: &mut Desk<'_, '_>,
    issuer: &Account,
    holder: &Account,
    token: &SafeText,
    reason: &SafeText,
) -> Result<(), StoreError> {
    let parts = vec![Part::of(Role::Issued, issuer), Part::of(Role::Held, holder)];
    let facts = Facts { words: reason.clone(), outcome: "発行".into(), ..Facts::default() };
    let item =
        open(desk, About::TokenIssued { token: token.clone() }, parts, facts, vec![Priority::Emergency])?;
    keep(desk, &item)
}

/// An emergency token was used: one item for a session, however often it is unlocked with it.
pub(super) fn token_used(
    desk: &mut Desk<'_, '_>,
    holder: &Account,
    token: &SafeText,
    session: &SafeText,
    factor: Factor,
) -> Result<(), StoreError> {
    let of = format!("token/{token}/{session}");
    let mut item = match newest_open(desk, &of)? {
        Some(item) => item,
        None => {
            let about = About::TokenUsed { token: token.clone(), session: session.clone() };
            let factors = vec![Factor::Password, factor];
            let facts = Facts { factors, outcome: "使用".into(), ..Facts::default() };
            let parts = vec![Part::of(Role::Held, holder)];
            let item = open(desk, about, parts, facts, vec![Priority::Emergency])?;
            desk.put(Table::ReviewIndex, &format!("of/{of}"), &item.id)?;
            item
        }
    };
    item.facts.uses = item.facts.uses.saturating_add(1);
    keep(desk, &item)
}

/// The emergency was declared over.
pub(super) fn recovery(desk: &mut Desk<'_, '_>, by: &Account, words: &SafeText) -> Result<(), StoreError> {
    let facts = Facts { words: words.clone(), outcome: "宣言".into(), ..Facts::default() };
    let parts = vec![Part::of(Role::Declared, by)];
    let item = open(desk, About::Recovery, parts, facts, vec![Priority::Emergency])?;
    keep(desk, &item)
}

/// The patient or the family objects: looked at first, by somebody who had no part in the access.
pub(super) fn objection(
    desk: &mut Desk<'_, '_>,
    enquiry: &Enquiry,
    words: &SafeText,
) -> Result<ReviewId, StoreError> {
    let about = About::Objection {
        enquiry: enquiry.id.clone(),
        case: enquiry.case.clone(),
        words: words.clone(),
        accesses: Vec::new(),
    };
    let (parts, facts) = (parts_of(desk, enquiry)?, facts_of(desk, enquiry)?);
    let mut item = open(desk, about, parts, facts, vec![Priority::Objection])?;
    learn_of_accesses(&mut item, &accesses(desk, &enquiry.id)?);
    keep(desk, &item)?;
    Ok(item.id)
}

/// The items about an enquiry itself, oldest first.
fn accesses(desk: &Desk<'_, '_>, enquiry: &EnquiryId) -> Result<Vec<Item>, StoreError> {
    let mut items = all_of(desk, enquiry)?;
    items.retain(|item| matches!(item.about, About::Enquiry { .. }));
    Ok(items)
}

/// Who judges an objection judges what was done: the item tells of it what the items about the enquiry tell.
fn learn_of_accesses(item: &mut Item, of: &[Item]) {
    let Some(facts) = Item::known_of(of) else { return };
    if item.learn(|known| *known = facts).is_err() {
        return;
    }
    for part in of.iter().flat_map(|access| &access.parts) {
        item.involve(part.clone()).ok();
    }
    if let About::Objection { accesses, .. } = &mut item.about {
        *accesses = of.iter().map(|access| access.id.clone()).collect();
    }
}

/// More is known of an enquiry: the objections to it that wait tell of that too. Closed ones stay as they are.
fn tell_objections(desk: &mut Desk<'_, '_>, enquiry: &EnquiryId) -> Result<(), StoreError> {
    let all = all_of(desk, enquiry)?;
    let (of, objections): (Vec<Item>, Vec<Item>) =
        all.into_iter().partition(|item| matches!(item.about, About::Enquiry { .. }));
    for before in objections.iter().filter(|item| item.is_open()) {
        let mut item = before.clone();
        learn_of_accesses(&mut item, &of);
        if item != *before {
            desk.put(Table::Reviews, item.id.as_str(), &item)?;
        }
    }
    Ok(())
}

/// 再確認 of a closed item: kept as it stands.
pub(super) fn followed(desk: &mut Desk<'_, '_>, item: &Item) -> Result<(), StoreError> {
    if let About::Enquiry { enquiry, .. } = &item.about {
        desk.put(Table::ReviewIndex, &format!("of/{enquiry}"), &item.id)?;
    }
    begin(desk, item)?;
    keep(desk, item)
}

// -- what an enquiry does to its item --------------------------------------------------------------------------

/// Called wherever an enquiry is kept: its open item learns how it stands, and the patient is owed an explanation from
/// the moment the information is there.
pub(super) fn follow(desk: &mut Desk<'_, '_>, enquiry: &Enquiry) -> Result<(), StoreError> {
    if enquiry.requests.is_empty() {
        return Ok(());
    }
    owe(desk, enquiry)?;
    let Some(mut item) = newest_open(desk, enquiry.id.as_str())? else { return Ok(()) };
    let before = item.clone();
    let facts = &mut item.facts;
    facts.outcome = outcome(&facts.outcome, &enquiry.state);
    match &enquiry.state {
        State::Reading { .. } => facts.person = PersonConfirmed::Same,
        State::Rejected => facts.person = PersonConfirmed::Other,
        _ => {}
    }
    let other = matches!(enquiry.state, State::Rejected | State::Mismatch { .. })
        || enquiry.held.iter().any(|held| held.because == HeldBecause::Mismatch);
    if other && item.raise(Priority::SomebodyElse).is_err() {
        return Ok(());
    }
    if item == before { Ok(()) } else { keep_over(desk, &before, &item) }
}

/// One more station of the way, without those that only lead to it.
fn outcome(before: &SafeText, state: &State) -> SafeText {
    let label = match state {
        State::Drafting { .. } | State::Closed => return before.clone(),
        State::Cancelled { outcome } | State::TimedOut { outcome } => {
            format!("{}（{}）", state.label(), outcome.label())
        }
        _ => state.label().to_owned(),
    };
    let mut stations: Vec<&str> = before.as_str().split(ARROW).filter(|word| !word.is_empty()).collect();
    let on_the_way = |word: &&str| {
        let being_found_out = [CancelOutcome::Pending, CancelOutcome::Unanswered];
        *word == "照会中"
            || *word == label
            || being_found_out.iter().any(|open| word.ends_with(&format!("（{}）", open.label())))
    };
    if stations.last().is_some_and(on_the_way) || stations.len() >= OUTCOMES {
        stations.pop();
    }
    stations.push(&label);
    SafeText::new(&stations.join(ARROW))
}

/// The patient is owed an explanation.
fn owe(desk: &mut Desk<'_, '_>, enquiry: &Enquiry) -> Result<(), StoreError> {
    let there = matches!(enquiry.state, State::Answered { .. } | State::Reading { .. } | State::Rejected)
        || enquiry.held.iter().any(|held| held.because == HeldBecause::Late && held.document.is_some());
    if !there {
        return Ok(());
    }
    // An objection may have come before the information did.
    if let Some(mut kept) = desk.get::<Explanation>(Table::Explanations, enquiry.id.as_str())? {
        if kept.arrived {
            return Ok(());
        }
        kept.arrived = true;
        return keep_explanation(desk, &kept);
    }
    let explanation = Explanation {
        enquiry: enquiry.id.clone(),
        case: enquiry.case.clone(),
        owner: enquiry.owner.clone(),
        patient: patient(enquiry),
        since_ms: desk.now.utc_ms,
        arrived: true,
        given: Vec::new(),
        objections: Vec::new(),
    };
    keep_explanation(desk, &explanation)
}

/// It was judged whether the person of an answer is the one present: from here on the item and the explanation name that
/// person, whoever it is.
pub(super) fn judged(
    desk: &mut Desk<'_, '_>,
    enquiry: &Enquiry,
    person: &AnswerPerson,
) -> Result<(), StoreError> {
    let patient = named(&cut::subject_of_answer(person));
    owed_to(desk, enquiry, &patient)?;
    let Some(before) = newest_open(desk, enquiry.id.as_str())? else { return Ok(()) };
    let mut item = before.clone();
    item.facts.patient = patient;
    if item == before { Ok(()) } else { keep_over(desk, &before, &item) }
}

/// The patient's name is known now: whoever explains must know to whom.
fn owed_to(desk: &mut Desk<'_, '_>, enquiry: &Enquiry, patient: &SafeText) -> Result<(), StoreError> {
    let kept: Option<Explanation> = desk.get(Table::Explanations, enquiry.id.as_str())?;
    match kept.filter(|kept| kept.patient != *patient) {
        Some(kept) => keep_explanation(desk, &Explanation { patient: patient.clone(), ..kept }),
        None => Ok(()),
    }
}

/// Keeps an explanation, and its place in the queue while it is due.
pub(super) fn keep_explanation(desk: &mut Desk<'_, '_>, kept: &Explanation) -> Result<(), StoreError> {
    desk.put(Table::Explanations, kept.enquiry.as_str(), kept)?;
    let due = due_keys(kept);
    let Some(told) = told_keys(kept) else {
        return due.iter().try_for_each(|key| desk.put(Table::ReviewIndex, key, &kept.enquiry));
    };
    for (due, told) in due.iter().zip(&told) {
        desk.remove(Table::ReviewIndex, due)?;
        desk.put(Table::ReviewIndex, told, &kept.enquiry)?;
    }
    Ok(())
}

/// Its places in the queue: among all, and among its owner's.
pub(super) fn due_keys(kept: &Explanation) -> [String; 2] {
    let since = kept.since_ms.max(0);
    [
        format!("{EXPLAIN}{since:013}/{}", kept.enquiry),
        format!("{}{since:013}/{}", of_owner(false, &kept.owner), kept.enquiry),
    ]
}

/// Its places among those that were given, in the order in which they were given first.
pub(super) fn told_keys(kept: &Explanation) -> Option<[String; 2]> {
    let at = kept.given.first()?.at_ms.max(0);
    let own = of_owner(true, &kept.owner);
    Some([format!("{TOLD}{at:013}/{}", kept.enquiry), format!("{own}{at:013}/{}", kept.enquiry)])
}

/// Where somebody's own stand.
pub(super) fn of_owner(given: bool, owner: &UserId) -> String {
    format!("{}/{owner}/", if given { "told-of" } else { "explain-of" })
}

// -- items ---------------------------------------------------------------------------------------------------------

/// The open item of an enquiry, or a new one.
fn of_enquiry(desk: &mut Desk<'_, '_>, enquiry: &Enquiry) -> Result<Item, StoreError> {
    let (parts, facts) = (parts_of(desk, enquiry)?, facts_of(desk, enquiry)?);
    let Some(mut item) = newest_open(desk, enquiry.id.as_str())? else {
        let about = About::Enquiry { enquiry: enquiry.id.clone(), case: enquiry.case.clone() };
        let item = open(desk, about, parts, facts, priority_of(enquiry))?;
        desk.put(Table::ReviewIndex, &format!("of/{}", enquiry.id), &item.id)?;
        return Ok(item);
    };
    // Asked once more it may be on other grounds and by another's judgement.
    let before = item.clone();
    for part in parts {
        item.involve(part).ok();
    }
    for why in priority_of(enquiry) {
        item.raise(why).ok();
    }
    let known = std::mem::take(&mut item.facts);
    let patient = if known.displayed.is_empty() { facts.patient.clone() } else { known.patient };
    item.facts = Facts {
        patient,
        factors: known.factors,
        requests: known.requests,
        person: known.person,
        displayed: known.displayed,
        displayed_ms: known.displayed_ms,
        outcome: known.outcome,
        consent: both(&known.consent, facts.consent),
        tried: both(&known.tried, facts.tried),
        words: both(&known.words, facts.words),
        ..facts
    };
    if item != before {
        keep_over(desk, &before, &item)?;
    }
    Ok(item)
}

/// What was said before and now, each once.
fn both(before: &SafeText, now: SafeText) -> SafeText {
    match (before.as_str(), now.as_str()) {
        ("", _) => now,
        (before, now) if now.is_empty() || before.split(" ／ ").any(|said| said == now) => before.into(),
        (before, now) => SafeText::new(&format!("{before} ／ {now}")),
    }
}

fn priority_of(enquiry: &Enquiry) -> Vec<Priority> {
    let refused = enquiry.confirmation.as_ref().is_some_and(|c| c.consent.priority_review());
    if refused { vec![Priority::ConsentRefused] } else { Vec::new() }
}

fn parts_of(desk: &Desk<'_, '_>, enquiry: &Enquiry) -> Result<Vec<Part>, StoreError> {
    let owner: Option<Account> = desk.get(Table::Accounts, enquiry.owner.as_str())?;
    let id = SafeText::from(enquiry.owner.as_str());
    let mut parts = vec![match &owner {
        Some(account) => Part::of(Role::Looked, account),
        None => Part { role: Role::Looked, user: id.clone(), name: id, profession: None },
    }];
    if let Some(typed) = enquiry.confirmation.as_ref().and_then(|c| c.judged_by.as_ref()) {
        let judge = desk.judge_of(typed)?;
        let (user, name, profession) = (judge.user, judge.name, judge.profession);
        parts.push(Part { role: Role::Judged, user, name, profession });
    }
    Ok(parts)
}

fn facts_of(desk: &Desk<'_, '_>, enquiry: &Enquiry) -> Result<Facts, StoreError> {
    let case: Option<crate::domain::case::Case> = desk.get(Table::Cases, enquiry.case.as_str())?;
    let evidence = case.and_then(|case| case.evidence);
    let consent = enquiry.confirmation.as_ref().map(|confirmation| &confirmation.consent);
    let (tried, words) = match consent {
        Some(Consent::Unobtainable { tried, words, .. }) => (tried.clone(), words.clone()),
        _ => (SafeText::default(), SafeText::default()),
    };
    let chosen = enquiry.requests.last().is_some_and(|past| past.sent.chosen.is_some());
    let method = match (&enquiry.key, chosen) {
        (Some(key), true) => format!("{}・候補または検索で特定", key.method().label()),
        (Some(key), false) => key.method().label().to_owned(),
        (None, _) => String::new(),
    };
    Ok(Facts {
        patient: patient(enquiry),
        method: SafeText::new(&method),
        necessity: enquiry.confirmation.is_some(),
        consent: consent.map(|c| SafeText::new(&c.describe())).unwrap_or_default(),
        tried,
        words,
        evidence: evidence
            .map_or_else(|| "未確認".into(), |e| SafeText::new(&format!("{}（{}）", e.kind.label(), e.by))),
        outcome: outcome(&SafeText::default(), &enquiry.state),
        ..Facts::default()
    })
}

/// The patient in a line: the name, else the key that was asked with.
pub(super) fn patient(enquiry: &Enquiry) -> SafeText {
    cut::subject_of(enquiry).map(|subject| named(&subject)).unwrap_or_default()
}

fn named(subject: &Subject) -> SafeText {
    let birth = subject.birthdate.as_ref().map(|date| format!("（{date}生）")).unwrap_or_default();
    let key = [&subject.insurer_number, &subject.symbol, &subject.number, &subject.branch];
    let key: Vec<&str> = key.into_iter().flatten().map(SafeText::as_str).collect();
    match &subject.name {
        Some(name) => SafeText::new(&format!("{name}{birth}")),
        None => SafeText::new(&format!("{}{birth}", key.join("-"))),
    }
}

fn open(
    desk: &mut Desk<'_, '_>,
    about: About,
    parts: Vec<Part>,
    facts: Facts,
    priority: Vec<Priority>,
) -> Result<Item, StoreError> {
    let id = next_id(desk)?;
    let opened_ms = desk.now.utc_ms;
    let item = Item { id, about, opened_ms, priority, parts, facts, follows: None, closing: None };
    begin(desk, &item)?;
    Ok(item)
}

/// The next number.
pub(super) fn next_id(desk: &mut Desk<'_, '_>) -> Result<ReviewId, StoreError> {
    let mut next = desk.get::<u64>(Table::Settings, COUNT_KEY)?.unwrap_or_default().saturating_add(1);
    // Items that were carried over from a damaged store may be newer than the counter.
    while desk.get::<Item>(Table::Reviews, ReviewId::of(next).as_str())?.is_some() {
        next = next.saturating_add(1);
    }
    desk.put(Table::Settings, COUNT_KEY, &next)?;
    Ok(ReviewId::of(next))
}

fn begin(desk: &mut Desk<'_, '_>, item: &Item) -> Result<(), StoreError> {
    if let Some(enquiry) = item.about.enquiry() {
        desk.put(Table::ReviewIndex, &format!("by/{enquiry}/{}", item.id), &item.id)?;
    }
    desk.put(Table::ReviewIndex, &month_key(item), &())?;
    desk.put(Table::ReviewIndex, &open_key(item), &())
}

/// Under its month, by number.
fn month_key(item: &Item) -> String {
    format!("{}{}", month_prefix(&clock::jst(item.opened_ms).strftime("%Y%m").to_string()), item.id)
}

/// Where the items of a month (`yyyyMM`, in Japan) stand.
pub(super) fn month_prefix(month: &str) -> String {
    format!("month/{month}/")
}

/// Its place among the open ones: priority first, then oldest.
pub(super) fn open_key(item: &Item) -> String {
    let rank = u8::from(!item.is_priority());
    format!("{OPEN}{rank}/{:013}/{}", item.opened_ms.max(0), item.id)
}

/// The item of a number.
pub(super) fn get(desk: &Desk<'_, '_>, id: &ReviewId) -> Result<Option<Item>, StoreError> {
    desk.get(Table::Reviews, id.as_str())
}

/// The newest item of something, while it is open.
fn newest_open(desk: &Desk<'_, '_>, of: &str) -> Result<Option<Item>, StoreError> {
    let Some(id) = desk.get::<ReviewId>(Table::ReviewIndex, &format!("of/{of}"))? else { return Ok(None) };
    Ok(get(desk, &id)?.filter(Item::is_open))
}

/// Every item of an enquiry, oldest first.
pub(super) fn all_of(desk: &Desk<'_, '_>, enquiry: &EnquiryId) -> Result<Vec<Item>, StoreError> {
    let ids: Vec<(String, ReviewId)> =
        desk.tx.first(Table::ReviewIndex, &format!("by/{enquiry}/"), OF_ONE_ENQUIRY)?;
    let mut items = Vec::new();
    for (_, id) in ids {
        items.extend(get(desk, &id)?);
    }
    Ok(items)
}

fn keep(desk: &mut Desk<'_, '_>, item: &Item) -> Result<(), StoreError> {
    desk.put(Table::Reviews, item.id.as_str(), item)?;
    match &item.about {
        About::Enquiry { enquiry, .. } => tell_objections(desk, enquiry),
        _ => Ok(()),
    }
}

/// Keeps an item that changed; its place among the open ones moves with it.
pub(super) fn keep_over(desk: &mut Desk<'_, '_>, before: &Item, item: &Item) -> Result<(), StoreError> {
    keep(desk, item)?;
    let (was, is) = (open_key(before), open_key(item));
    if was != is || !item.is_open() {
        desk.remove(Table::ReviewIndex, &was)?;
    }
    if was != is && item.is_open() {
        desk.put(Table::ReviewIndex, &is, &())?;
    }
    Ok(())
}

// -- counts ----------------------------------------------------------------------------------------------------------

/// How many wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) open: usize,
    pub(super) overdue: usize,
    pub(super) priority: usize,
}

/// Counts the open ones by their keys.
pub(super) fn counts(desk: &Desk<'_, '_>) -> Result<Counts, StoreError> {
    let before = overdue_before(desk.now.utc_ms, desk.shop.config.review_due_days).saturating_add(1).max(0);
    let count = |rank: u8, before: Option<i64>| {
        let prefix = format!("{OPEN}{rank}/");
        let before = before.map(|ms| format!("{prefix}{ms:013}/"));
        desk.tx.count(Table::ReviewIndex, &prefix, before.as_deref())
    };
    let (priority, usual) = (count(0, None)?, count(1, None)?);
    let overdue = count(0, Some(before))? + count(1, Some(before))?;
    Ok(Counts { open: priority + usual, overdue, priority })
}

/// For the home screen of an administrator or an auditor: what waits.
pub(super) fn news(desk: &Desk<'_, '_>, account: &Account) -> Result<Vec<SafeText>, StoreError> {
    if !account.may(Permission::Audit) && !account.may(Permission::Administer) {
        return Ok(Vec::new());
    }
    let Counts { open, overdue, priority } = counts(desk)?;
    let mut news = Vec::new();
    if open > 0 {
        news.push(format!("事後確認 未了 {open}件（うち期限超過 {overdue}件・優先 {priority}件）").into());
    }
    let due = desk.tx.count(Table::ReviewIndex, EXPLAIN, None)?;
    if due > 0 {
        news.push(format!("患者への事後説明 未了 {due}件").into());
    }
    Ok(news)
}
