use super::super::samples::{at, run};
use super::*;

fn wanted() -> StockRunRequest {
    StockRunRequest { id: "new".into(), by: RunBeginner::Operator, plan_only: true, skus: Vec::new() }
}

fn refused(beginning: Beginning) -> String {
    match beginning {
        Beginning::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_run_is_asked_for_when_none_is_under_way() {
    let asked = Beginning::Ask { request: wanted(), before: None };
    assert_eq!(begin(&[], false, wanted()), asked);
    for phase in [RunPhase::Done, RunPhase::Incomplete, RunPhase::AwaitingApproval] {
        assert_eq!(begin(&[run("old", phase)], false, wanted()), asked, "{phase:?}");
    }
}

#[test]
fn while_one_is_under_way_none_begins_and_it_is_named() {
    for phase in [RunPhase::Reading, RunPhase::Confirming, RunPhase::Comparing, RunPhase::Writing] {
        let runs = [run("newer", RunPhase::Done), run("s1", phase)];
        let why = refused(begin(&runs, false, wanted()));
        assert!(why.starts_with("run s1 is under way") && why.ends_with("--resume"), "{why}");
        assert_eq!(begin(&runs, true, wanted()), Beginning::Follow("s1".into()));
    }
}

#[test]
fn a_run_that_broke_off_goes_on_under_its_own_id() {
    let broken = run("s1", RunPhase::Incomplete);
    let expected =
        Beginning::Ask { request: broken.request.clone(), before: Some(at("2026-03-02T17:00:00Z")) };
    assert_eq!(begin(&[broken], true, wanted()), expected);
    assert!(refused(begin(&[run("s1", RunPhase::Done)], true, wanted())).contains("run s1 is done"));
    assert!(refused(begin(&[], true, wanted())).contains("no run is known"));
}

#[test]
fn runs_of_people_are_named_by_their_instant() {
    assert_eq!(run_id(at("2026-03-02T17:00:00.123Z")).as_str(), "o20260302T170000123Z");
}

#[test]
fn skus_come_from_the_command_line_or_a_file_each_once() {
    let skus = |named: &[&str], file: Option<&Path>| {
        let named: Vec<String> = named.iter().map(|sku| (*sku).to_owned()).collect();
        wanted_skus(&named, file).map(|skus| skus.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(skus(&[], None).unwrap(), [""; 0]);
    assert_eq!(skus(&["B", "A", "B", ""], None).unwrap(), ["B", "A"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skus.txt");
    std::fs::write(&file, "A,1\r\n\r\nB 2\n").unwrap();
    assert_eq!(skus(&[], Some(&file)).unwrap(), ["A,1", "B 2"]);
    std::fs::write(&file, "\n").unwrap();
    assert!(skus(&[], Some(&file)).is_err());
    assert!(skus(&[""], None).is_err());
    assert!(skus(&[], Some(&folder.path().join("absent"))).is_err());
}

mod command_line {
    use clap::Parser;

    use crate::arguments::{Arguments, Command, InventoryAction, SyncOptions};

    fn sync(arguments: &[&str]) -> Result<SyncOptions, clap::Error> {
        match Arguments::try_parse_from([&["amz", "inventory", "sync"], arguments].concat())?.command {
            Command::Inventory { action: InventoryAction::Sync(options) } => Ok(options),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_arrive() {
        let options = sync(&["--plan", "--skus", "A,B", "--connection", "main"]).unwrap();
        assert!(options.plan && !options.resume && !options.no_follow);
        assert_eq!(
            (options.skus, options.stock.connection),
            (vec!["A".into(), "B".into()], Some("main".into()))
        );
        assert!(sync(&["--no-follow"]).unwrap().no_follow);
        assert!(!sync(&["--no-follow", "--follow"]).unwrap().no_follow);
        assert!(sync(&["--follow", "--no-follow"]).unwrap().no_follow);
    }

    #[test]
    fn options_that_exclude_each_other_are_refused() {
        for wrong in [
            ["--resume", "--plan"].as_slice(),
            &["--resume", "--skus", "A"],
            &["--resume", "--skus-file", "F"],
            &["--skus", "A", "--skus-file", "F"],
        ] {
            assert!(sync(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn reports_and_tables_name_their_files() {
        let parse = |arguments: &[&str]| {
            Arguments::try_parse_from([&["amz", "inventory"], arguments].concat()).is_ok()
        };
        assert!(parse(&["report", "--run", "s1", "--csv", "out.csv", "--json"]));
        assert!(parse(&["status", "--json"]));
        assert!(parse(&["aliases", "--out", "skus.csv"]) && !parse(&["aliases"]));
    }
}
