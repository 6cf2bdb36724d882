//! FHIR R4 `AuditEvent`: one JSON object an entry (written one a line, as bulk data is).
//!
//! Source: <http://hl7.org/fhir/R4/auditevent.html>. The codes are those of the DICOM message of the same entry; what
//! has no standard code is a detail of the entity that names the entry.
//!
//! FHIR's definition of a string is `[ \r\n\t\S]+`, and in most engines `\S` leaves out the ideographic space of
//! Japanese names: here it becomes a blank. The log keeps it.

use super::Source;
use super::details::{self, Detail};
use super::meaning::{self, Dcm, EventOutcome};
use super::people;
use crate::log::{Actor, Entry, Subject};
use serde_json::{Map, Value, json};

const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
/// Kinds of entries and professions of this program.
const OWN: &str = "urn:x-kyukyu:log";

/// The resource of an entry.
pub fn audit_event(entry: &Entry, source: &Source) -> Value {
    let meaning = meaning::of(&entry.act);
    let kind = details::kind(&entry.act);
    let mut subtype = vec![json!({ "system": OWN, "code": kind })];
    subtype.extend(meaning.kind.map(coding));
    let mut entities: Vec<Value> = entry.subjects().map(patient).collect();
    entities.push(record(entry, source, &kind));
    let mut event = Map::new();
    let mut put = |name: &str, value: Value| drop(event.insert(name.to_owned(), value));
    put("resourceType", json!("AuditEvent"));
    put("id", json!(format!("{}-{}", source.store_id, entry.seq)));
    if entry.training {
        let tag = json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST" });
        put("meta", json!({ "security": [tag] }));
    }
    put("type", coding(meaning.event));
    put("subtype", json!(subtype));
    put("action", json!(meaning.action.code()));
    put("recorded", json!(super::time(entry.at.utc_ms)));
    put("outcome", json!(meaning.outcome.code()));
    if meaning.outcome != EventOutcome::Success {
        put("outcomeDesc", json!(crate::log::describe(entry).as_str()));
    }
    if let Some(purpose) = meaning.purpose {
        let coding = json!({ "system": ACT_REASON, "code": purpose.code(), "display": purpose.display() });
        put("purposeOfEvent", json!([{ "coding": [coding] }]));
    }
    put("agent", json!(agents(entry)));
    put(
        "source",
        json!({
            "site": format!("{} {}", source.institution_code, source.facility),
            "observer": { "identifier": { "value": entry.host.as_str() }, "display": "kyukyu" },
            "type": [{ "system": SOURCE_TYPE, "code": "4", "display": "Application Server" }],
        }),
    );
    put("entity", json!(entities));
    let mut event = Value::Object(event);
    plain_blanks(&mut event);
    event
}

/// Every blank is the ASCII one.
fn plain_blanks(value: &mut Value) {
    match value {
        Value::String(text) => {
            *text = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        }
        Value::Array(values) => values.iter_mut().for_each(plain_blanks),
        Value::Object(fields) => fields.values_mut().for_each(plain_blanks),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn coding(code: Dcm) -> Value {
    json!({ "system": DCM, "code": code.code, "display": code.meaning })
}

fn agents(entry: &Entry) -> Vec<Value> {
    let terminal = entry.terminal.as_ref().map(|terminal| network(terminal.as_str()));
    let mut agents = Vec::new();
    agents.extend(entry.actor.as_ref().map(|actor| person(actor, true, terminal.clone())));
    agents.extend(entry.on_behalf_of.as_ref().map(|judge| person(judge, false, None)));
    let place = terminal.filter(|_| entry.actor.is_none());
    agents.push(json!({
        "type": { "coding": [coding(Dcm { code: "110150", meaning: "Application" })] },
        "who": { "identifier": { "value": entry.host.as_str() }, "display": "kyukyu" },
        "requestor": entry.actor.is_none(),
        "network": place.unwrap_or_else(|| network(entry.host.as_str())),
    }));
    agents
}

fn network(name: &str) -> Value {
    json!({ "address": name, "type": "1" })
}

fn person(actor: &Actor, requestor: bool, network: Option<Value>) -> Value {
    let mut agent = Map::new();
    let mut put = |name: &str, value: Value| drop(agent.insert(name.to_owned(), value));
    if let Some(profession) = actor.profession {
        let coding = json!({ "system": OWN, "code": people::profession_word(profession), "display": profession.label() });
        put("role", json!([{ "coding": [coding] }]));
    }
    put("who", json!({ "identifier": { "value": actor.user.as_str() }, "display": actor.name.as_str() }));
    if let Some(id) = &actor.record_user {
        put("altId", json!(id.as_str()));
    }
    put("name", json!(actor.name.as_str()));
    put("requestor", json!(requestor));
    if let Some(network) = network {
        put("network", network);
    }
    Value::Object(agent)
}

fn patient(subject: &Subject) -> Value {
    let id = people::patient_id(subject);
    let fields = people::fields(subject);
    let details: Vec<Value> =
        fields.iter().map(|(name, value)| json!({ "type": name, "valueString": value.as_str() })).collect();
    let mut entity = json!({
        "what": { "identifier": { "type": { "text": id.meaning }, "value": id.id } },
        "type": { "system": ENTITY_TYPE, "code": "1", "display": "Person" },
        "role": { "system": OBJECT_ROLE, "code": "1", "display": "Patient" },
        "detail": details,
    });
    if let (Some(name), Value::Object(fields)) = (&subject.name, &mut entity) {
        fields.insert("name".to_owned(), json!(name.as_str()));
    }
    entity
}

/// The entry itself: the way back to what can be proved.
fn record(entry: &Entry, source: &Source, kind: &str) -> Value {
    let details: Vec<Value> = details::of(entry)
        .into_iter()
        .filter(|Detail { value, .. }| !value.is_empty())
        .map(|Detail { name, value }| json!({ "type": name, "valueString": value }))
        .collect();
    json!({
        "what": { "identifier": { "system": OWN, "value": format!("{}-{}", source.store_id, entry.seq) } },
        "type": { "system": ENTITY_TYPE, "code": "2", "display": "System Object" },
        "role": { "system": OBJECT_ROLE, "code": "13", "display": "Security Resource" },
        "name": kind,
        "detail": details,
    })
}
