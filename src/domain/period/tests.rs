use super::super::guide;
use super::*;
use Kind::{Full, Summary};
use Section::{Checkups, Drugs, EPrescription, Operations, Treatments, Visits};

fn day(compact: &str) -> CalendarDate {
    CalendarDate::from_compact(compact).unwrap()
}

#[test]
fn the_data_are_the_guides_table() {
    let note = |section| if from_receipts(section) { "(注1)" } else { "" };
    let ours = Section::ALL.map(|section| {
        let name = format!("{}{}", section.label(), note(section));
        vec![name, period(section, Summary).label(), period(section, Full).label()]
    });
    let theirs: Vec<_> =
        guide::rows(guide::PERIODS, 3).into_iter().filter(|row| row[0] != "表示項目").collect();
    assert_eq!(theirs, ours);
    let update = format!("原則毎月{}日以降に前月分の情報が更新され", PERIODS.receipt_update_day);
    assert!(guide::PERIODS.contains(&update));
}

#[test]
fn notices() {
    let table = [
        (Visits, Summary, "当項目(受診歴)は、直近3か月分の記録を表示しています。"),
        (EPrescription, Summary, "当項目(電子処方箋情報)は、直近45日分の記録を表示しています。"),
        (EPrescription, Full, "当項目(電子処方箋情報)は、直近100日分の記録を表示しています。"),
        (Drugs, Full, "当項目(薬剤情報)は、直近5年分の記録を表示しています。"),
        (Operations, Summary, "当項目(手術情報)は、直近5年分の記録を表示しています。"),
        (Treatments, Summary, "当項目(診療情報(透析含む))は、直近3か月分の記録を表示しています。"),
        (Checkups, Summary, "当項目(特定健診等情報)は、健診実施日を表示しています。"),
        (Checkups, Full, "当項目(特定健診等情報)は、直近5年分の記録を表示しています。"),
    ];
    for (section, kind, sentence) in table {
        assert_eq!(notice(section, kind), sentence);
    }
}

#[test]
fn days_that_claims_cannot_show_yet() {
    let table = [
        ("20261001", "20260901"),
        ("20261010", "20260901"),
        ("20261011", "20261001"),
        ("20261031", "20261001"),
        ("20260110", "20251201"),
        ("20260111", "20260101"),
        ("20240301", "20240201"),
    ];
    for (today, from) in table {
        for section in [Visits, Drugs, Operations, Treatments] {
            for kind in [Summary, Full] {
                let Hidden { from: first, to, extent, words } = hidden(section, kind, day(today));
                assert_eq!(
                    (first, to, extent),
                    (day(from), day(today), Extent::Whole),
                    "{today} {section:?}"
                );
                assert!(words.starts_with(&format!("{}から今日まで", day(from).western())), "{words}");
            }
        }
    }
}

#[test]
fn hidden_in_words() {
    let table = [
        (
            Visits,
            "2026年9月1日から今日までの分は、まだ表示されません（レセプトに基づく情報は、原則毎月11日以降に前月分が加わります）。\
             表示がなくても「受診がなかった」とは限りません。",
        ),
        (
            Drugs,
            "2026年9月1日から今日までの分は、まだ表示されません（レセプトに基づく情報は、原則毎月11日以降に前月分が加わります）。\
             表示がなくても「薬が出ていない」とは限りません。電子処方箋に対応した機関の調剤は「電子処方箋情報」をご覧ください。",
        ),
        (
            Treatments,
            "2026年9月1日から今日までの分は、まだ表示されません（レセプトに基づく情報は、原則毎月11日以降に前月分が加わります）。\
             表示がなくても「診療（透析を含む）を受けていない」とは限りません。",
        ),
        (
            EPrescription,
            "電子処方箋に対応していない医療機関・薬局の処方・調剤は、時期にかかわらず表示されません。\
             表示がなくても「薬が出ていない」とは限りません。",
        ),
        (
            Checkups,
            "保険者が結果を登録するまで、健診は表示されません。表示がなくても「健診を受けていない」とは限りません。",
        ),
    ];
    for (section, words) in table {
        assert_eq!(hidden(section, Summary, day("20261005")).words, words);
    }
}

#[test]
fn hidden_on_one_line() {
    let table = [
        (Visits, "見えない期間: 2026年9月1日から今日まで／表示は直近3か月分"),
        (Drugs, "見えない期間: 2026年9月1日から今日まで／表示は直近3か月分"),
        (Operations, "見えない期間: 2026年9月1日から今日まで／表示は直近5年分"),
        (EPrescription, "見えないもの: 電子処方箋に対応していない機関の分／表示は直近45日分"),
        (Checkups, "見えないもの: 保険者が登録していない健診／表示は健診実施日"),
    ];
    for (section, words) in table {
        assert_eq!(in_brief(section, Summary, day("20261005")), words);
    }
}

#[test]
fn e_prescriptions_and_checkups_are_never_complete() {
    let today = day("20261005");
    let table = [
        (EPrescription, Summary, "20260822"),
        (EPrescription, Full, "20260628"),
        (Checkups, Full, "20211005"),
        (Checkups, Summary, "20261005"),
    ];
    for (section, kind, from) in table {
        let hidden = hidden(section, kind, today);
        assert_eq!((hidden.from, hidden.to, hidden.extent), (day(from), today, Extent::Partly));
    }
}

#[test]
fn oldest_days() {
    let table = [
        (Visits, Summary, "20261005", Some("20260601")),
        (Visits, Summary, "20261011", Some("20260701")),
        (Visits, Full, "20261005", Some("20210901")),
        (Visits, Full, "20261011", Some("20211001")),
        (Operations, Summary, "20260111", Some("20210101")),
        (EPrescription, Summary, "20261005", Some("20260822")),
        (EPrescription, Full, "20261005", Some("20260628")),
        (Checkups, Full, "20240229", Some("20190228")),
        (Checkups, Summary, "20261005", None),
    ];
    for (section, kind, today, oldest) in table {
        assert_eq!(oldest_shown(section, kind, day(today)), oldest.map(day), "{section:?} {kind:?} {today}");
    }
}

#[test]
fn what_is_shown_and_what_is_hidden_meet_without_a_gap() {
    let first = day("20240101");
    for offset in 0..800 {
        let today =
            CalendarDate::from_civil(first.civil().checked_add(jiff::Span::new().days(offset)).unwrap());
        for section in Section::ALL.into_iter().filter(|s| from_receipts(*s)) {
            let oldest = oldest_shown(section, Summary, today).unwrap();
            let hidden = hidden(section, Summary, today);
            let months = match period(section, Summary) {
                Period::Years(years) => i32::from(years) * 12,
                Period::Months(months) => i32::from(months),
                other => panic!("{other:?}"),
            };
            assert_eq!(oldest.month().plus(months), hidden.from.month(), "{today:?}");
            assert!(hidden.from <= today);
        }
    }
}
