use super::super::guide;
use super::*;

/// What [`Entry`] leaves out: the guide's words for when, and for which number of hits.
#[derive(Deserialize)]
struct Timing {
    shown: String,
    #[serde(default)]
    condition: String,
}

fn timing(moment: &str) -> Timing {
    let file: toml::Table = toml::from_str(include_str!("../cautions.toml")).unwrap();
    file[moment].clone().try_into().unwrap()
}

/// The sentences as the guide writes them, the condition in front of each.
fn as_in_the_guide(moment: Moment, condition: &str) -> String {
    moment.sentences().iter().map(|sentence| guide::plain(&format!("{condition}{sentence}"))).collect()
}

#[test]
fn word_for_word() {
    // The transcription's one corrupt word; see the head of cautions.toml.
    assert!(guide::CAUTIONS.contains("身体のプロtectionのために"));
    let table = guide::CAUTIONS.replace("身体のプロtectionのために", "身体の保護のために");
    let rows = guide::rows(&table, 3);
    let [before, count, list, result] = rows.as_slice() else { panic!("{rows:?}") };

    let number = |moment: &str| timing(moment).condition;
    let zero_or_six = as_in_the_guide(Moment::NoMatch, &number("no_match"))
        + &as_in_the_guide(Moment::TooMany, &number("too_many"));
    // Its last line speaks to the maker, not to the reader.
    let with_result = as_in_the_guide(Moment::Result, "")
        + &CAUTIONS.section.sentence
        + "項目ごとの表示期間・タイムラグは、表4.1.4-3参照。";
    assert_eq!(as_in_the_guide(Moment::BeforeRequest, ""), before[2]);
    assert_eq!(zero_or_six, count[2]);
    assert_eq!(as_in_the_guide(Moment::CandidateList, ""), list[2]);
    assert_eq!(with_result, result[2]);

    let shown = |moment: &str| guide::plain(&timing(moment).shown);
    assert_eq!(shown("before_request"), before[0]);
    assert_eq!([shown("no_match"), shown("too_many")], [count[0].clone(), count[0].clone()]);
    assert_eq!(shown("candidate_list"), list[0]);
    assert_eq!(result[0].split_once('※').unwrap().0, shown("result"));
}

#[test]
fn conditions_choose_and_are_not_printed() {
    let table = [
        (Moment::BeforeRequest, 3),
        (Moment::NoMatch, 3),
        (Moment::TooMany, 1),
        (Moment::CandidateList, 2),
        (Moment::Result, 1),
    ];
    assert_eq!(table.map(|(moment, _)| moment), Moment::ALL);
    for (moment, count) in table {
        let sentences = moment.sentences();
        assert_eq!(sentences.len(), count, "{moment:?}");
        for sentence in sentences {
            assert!(sentence.ends_with('。') || sentence.ends_with("。)"), "{sentence}");
            assert!(!sentence.contains("の場合)") && !sentence.contains('●'), "{sentence}");
        }
    }
}

#[test]
fn buttons_are_called_what_the_sentences_call_them() {
    let names = |moment: Moment, words: String| moment.sentences().iter().any(|s| s.contains(&words));
    assert!(names(Moment::BeforeRequest, format!("「{}」ボタン", Button::Ask.label())));
    assert!(names(Moment::CandidateList, format!("「{}」のボタン", Button::Refine.label())));
    assert!(names(Moment::CandidateList, format!("{}ボタンを押す", Button::View.label())));
}

#[test]
fn a_section_sentence_has_nothing_left_to_fill() {
    assert_eq!(
        section_sentence("手術情報", "直近5年分の記録を表示"),
        "当項目(手術情報)は、直近5年分の記録を表示しています。"
    );
}

#[test]
fn what_cannot_be_read_says_so() {
    let unreadable = Cautions::unreadable();
    assert!(unreadable.before_request.sentences[0].contains("照会を中止"));
    assert!(unreadable.result.sentences[0].contains("照会を中止"));
}
