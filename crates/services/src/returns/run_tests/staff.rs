//! Returns that staff entered.

use super::*;

#[tokio::test]
async fn a_return_of_staff_is_told_once_and_marked_and_ended() {
    let stage = Stage::new(Vec::new()).with(staff);
    let (writes, _) = stage.look(&["900"]).await;
    assert_eq!(writes, ["tell 1234567:900", "patch returnAuthorization-900 close []"]);
    let link = stage.link("R9");
    assert_eq!(link.origin, Origin::NetSuite);
    assert_eq!(link.lines[0].authorization_line, LineNumber(10));
    stage.world(|world| {
        let marks = &world.documents[0].marks;
        assert_eq!(marks.amazon_return, Some("R9".into()));
        assert_eq!(marks.origin, Some(Origin::NetSuite));
    });
    assert_eq!(stage.look(&["900"]).await.0, Vec::<String>::new());
    stage.world(|world| world.documents[0].status = "H".into());
    assert_eq!(stage.look(&["900"]).await.0, ["conclude R9 CANCELLED"]);
    assert_eq!(stage.look(&["900"]).await.0, Vec::<String>::new());
    assert!(stage.link("R9").is_ended);
}

#[tokio::test]
async fn a_return_of_staff_that_was_finished_before_we_saw_it_is_told_and_completed() {
    let stage = Stage::new(Vec::new()).with(staff).with(|world| world.documents[0].status = "G".into());
    let (writes, _) = stage.look(&["900"]).await;
    assert_eq!(
        writes,
        ["tell 1234567:900", "patch returnAuthorization-900 close []", "conclude R9 COMPLETED"]
    );
}

#[tokio::test]
async fn a_lost_answer_of_telling_is_found_by_the_alias() {
    let stage = Stage::new(Vec::new()).with(staff).with(|world| world.lose = vec!["tell"]);
    let (writes, wait) = stage.look(&["900"]).await;
    assert_eq!(writes, ["tell 1234567:900", "patch returnAuthorization-900 close []"]);
    assert_eq!(wait, None);
    // even without any link: Amazon's order shows our alias, whatever was asked for
    stage.world(|world| {
        world.kept.links.clear();
        world.documents[0].marks = DocumentMarks::default();
    });
    let (writes, _) = stage.look(&[]).await;
    assert_eq!(writes, ["patch returnAuthorization-900 close []"]);
    assert_eq!(stage.link("R9").origin, Origin::NetSuite);
}

#[tokio::test]
async fn an_authorization_of_staff_for_amazons_own_return_is_used_for_it() {
    let mut amazon = finished_return();
    amazon.lines.truncate(1);
    amazon.state = ReturnState::Created;
    let stage = Stage::new(vec![amazon]).with(staff);
    let (writes, _) = stage.look(&["900"]).await;
    assert_eq!(
        writes,
        [
            "patch returnAuthorization-900 close []",
            "patch returnAuthorization-900 close []",
            "create amz-ir-P1 1x10",
            "create amz-ir-P1-damaged 1x10"
        ]
    );
    assert_eq!(stage.link("R1").origin, Origin::Amazon);
    assert_eq!(stage.look(&["900"]).await.0, Vec::<String>::new());
}

#[tokio::test]
async fn an_authorization_that_is_gone_is_parked_while_its_return_is_open() {
    let stage = Stage::new(Vec::new()).with(staff);
    stage.look(&["900"]).await;
    stage.world(|world| world.documents.clear());
    stage.look(&["900"]).await;
    let subject = "document/returnAuthorization-900".to_owned();
    assert_eq!(stage.parked(), [(subject, "return_authorization_missing".to_owned())]);
}

#[tokio::test]
async fn a_telling_that_was_lost_is_settled_although_staff_closed_the_authorization_meanwhile() {
    for arrived in [true, false] {
        let stage = Stage::new(Vec::new()).with(staff).with(|world| world.lose = vec!["tell"]);
        stage.look(&["900"]).await;
        stage.world(|world| {
            // as if the process had died right after the call
            world.kept.links.clear();
            world
                .kept
                .intents
                .values_mut()
                .find(|intent| intent.operation == Operation::TellReturn)
                .unwrap()
                .state = IntentState::Sent;
            world.documents[0].status = "H".into();
            world.documents[0].marks = DocumentMarks::default();
            if !arrived {
                world.amazon.returns.clear();
            }
            world.now += Duration::days(1);
        });
        let (writes, wait) = stage.look(&[]).await;
        assert_eq!(wait, None);
        let concluded = ["patch returnAuthorization-900 close []", "conclude R9 CANCELLED"];
        assert_eq!(writes, if arrived { concluded.to_vec() } else { Vec::new() });
        let is_open = |intent: &Intent| matches!(intent.state, IntentState::Sent | IntentState::Unclear);
        assert!(!stage.world(|world| world.kept.intents.values().any(is_open)), "{arrived}");
    }
}
