//! Returns that came from Amazon.

use super::*;

const ALL: [&str; 4] = [
    "create amz-ra-R1 2x1 1x2",
    "create amz-ir-P1 1x10",
    "create amz-ir-P1-damaged 1x10",
    "patch returnAuthorization-900 close [20]",
];

#[tokio::test]
async fn one_look_brings_everything_and_a_second_does_nothing() {
    let stage = Stage::new(vec![finished_return()]);
    assert_eq!(stage.look(&[]).await, (ALL.map(str::to_owned).to_vec(), None));
    assert!(stage.link("R1").is_ended);
    assert_eq!(stage.look(&[]).await, (Vec::new(), None));
    assert_eq!(stage.world(|world| world.reads), 0);
    assert_eq!(stage.parked(), []);
}

#[tokio::test]
async fn what_was_received_where_amazons_stock_may_stand_has_its_stock_looked_at() {
    // the sales order's own location may be Amazon's
    for (location, is_asked) in [(Some("7"), true), (Some("8"), false), (None, true)] {
        let mut stage = Stage::new(vec![finished_return()]);
        stage.set(|settings| {
            settings.amazon_location = None;
            settings.returns.return_location = location.map(Into::into);
        });
        let stock = crate::settings::InventorySettings::new("7".into());
        stage.connection.stock = Some(crate::connection::mocked_stock(stock));
        stage.look(&[]).await;
        assert_eq!(stage.world(|world| !world.asked.is_empty()), is_asked, "{location:?}");
    }
}

#[tokio::test]
async fn every_lost_answer_is_settled_and_nothing_is_made_twice() {
    let lose = vec!["returnAuthorization", "itemReceipt", "itemReceipt", "patch"];
    let stage = Stage::new(vec![finished_return()]).with(|world| world.lose = lose);
    let mut view_fails = 0;
    let mut writes = Vec::new();
    for _ in 0..3 {
        let (amazon, links) = stage.world(|world| (world.amazon.clone(), world.kept.links.clone()));
        let mut view = OrderView::new("42".into(), sent(), amazon, links, None);
        let mut desk = Desk::open(&stage.connection, &stage.lease).await.unwrap();
        view_fails += u32::from(run(&mut desk, &mut view, &[]).await.is_err());
        writes = stage.world(|world| world.writes.clone());
    }
    // what may be repeated is repeated, what must happen once is not
    assert_eq!(view_fails, 1);
    assert_eq!(writes[..4], ALL);
    assert_eq!(writes[4..], ALL[3..]);
    let link = stage.link("R1");
    assert_eq!(link.receipts.len(), 2);
    assert!(link.is_ended);
}

#[tokio::test]
async fn a_receipt_that_cannot_be_found_yet_is_waited_for_before_anything_else_is_received() {
    let mut amazon = finished_return();
    amazon.state = ReturnState::Created;
    let stage = Stage::new(vec![amazon]);
    stage.world(|world| world.lose = vec!["itemReceipt"]);
    stage.look(&[]).await;
    // found at once: the first receipt is adopted, and the second made
    assert_eq!(stage.link("R1").receipts.len(), 2);

    let mut amazon = finished_return();
    amazon.packages.push(package("P0", "IN_TRANSIT", &[("A2", 1)]));
    amazon.state = ReturnState::Created;
    amazon.lines[0].graded.truncate(1);
    amazon.packages[0].contents[0].quantity = Quantity(1);
    let stage = Stage::new(vec![amazon]);
    stage.world(|world| {
        world.amazon.returns[0].packages[0].state = "IN_TRANSIT".into();
    });
    stage.look(&[]).await;
    stage.world(|world| {
        world.amazon.returns[0].packages[0].state = "DELIVERED".into();
        world.lose = vec!["itemReceipt"];
        world.is_blind = true;
    });
    let (writes, wait) = stage.look(&[]).await;
    assert_eq!(writes.last().unwrap(), "create amz-ir-P1 1x10");
    assert!(wait.is_some());
    // meanwhile another parcel arrives, and Amazon grades more
    stage.world(|world| {
        world.amazon.returns[0] = finished_return();
        world.amazon.returns[0].packages =
            vec![package("P0", "DELIVERED", &[("A1", 1)]), package("P1", "DELIVERED", &[("A1", 1)])];
    });
    let (writes, wait) = stage.look(&[]).await;
    assert_eq!((writes, wait.is_some()), (Vec::new(), true));
    stage.world(|world| {
        world.is_blind = false;
        world.now += Duration::seconds(60);
    });
    let (writes, wait) = stage.look(&[]).await;
    assert_eq!(wait, None);
    assert!(writes.contains(&"create amz-ir-P0-damaged 1x10".to_owned()), "{writes:?}");
    let link = stage.link("R1");
    assert_eq!(link.receipts.len(), 2, "{:?}", link.receipts);
    assert!(link.is_ended);
    assert_eq!(stage.parked(), []);
}

#[tokio::test]
async fn another_authorization_under_our_external_id_is_parked_and_other_returns_go_on() {
    let other = amazon_return("R2", "CREATED", &[("A1", 1, &[])]);
    let stage = Stage::new(vec![finished_return(), other]).with(|world| {
        let mut taken = authorization("B", &[(10, 1, 1, 0)]);
        taken.external_id = Some("amz-ra-R1".into());
        world.documents.push(taken);
    });
    let (writes, _) = stage.look(&[]).await;
    assert_eq!(writes, ["create amz-ra-R2 1x1"]);
    assert_eq!(stage.parked(), [("return/R1".to_owned(), "external_id_taken".to_owned())]);
}

#[tokio::test]
async fn goods_wait_for_the_approval_of_staff() {
    let stage = Stage::new(vec![finished_return()]).with(|world| world.status = "A");
    let (writes, _) = stage.look(&[]).await;
    assert_eq!(writes, ALL[..1]);
    assert_eq!(stage.parked(), [("return/R1".to_owned(), "return_not_approved".to_owned())]);
    stage.world(|world| world.documents[0].status = "B".into());
    let (writes, _) = stage.look(&["900"]).await;
    assert_eq!(writes, ALL[1..]);
    assert_eq!(stage.parked(), []);
}

#[tokio::test]
async fn goods_that_were_received_too_early_stay_parked_until_a_person_says_that_they_were_moved() {
    let mut amazon = amazon_return("R1", "CREATED", &[("A1", 1, &[])]);
    amazon.packages = vec![package("P1", "DELIVERED", &[])];
    let mut stage = Stage::new(vec![amazon]);
    stage.set(|settings| settings.returns.receive_on = ReceiveOn::Delivered);
    let (writes, _) = stage.look(&[]).await;
    assert_eq!(writes, ["create amz-ra-R1 1x1", "create amz-ir-P1 1x10"]);
    stage.world(|world| {
        let graded = amazon_return("R1", "COMPLETED", &[("A1", 1, &[("DEFECTIVE", 1)])]);
        world.amazon.returns[0].lines = graded.lines;
        world.amazon.returns[0].state = graded.state;
    });
    for _ in 0..2 {
        let (writes, _) = stage.look(&[]).await;
        assert_eq!(writes, Vec::<String>::new());
        assert_eq!(stage.parked(), [("return/R1/graded".to_owned(), "graded_after_receipt".to_owned())]);
    }
    assert!(stage.link("R1").is_ended);
}

#[tokio::test]
async fn what_arrived_is_not_sent_again_when_the_read_after_it_fails() {
    let stage = Stage::new(Vec::new()).with(staff).with(|world| world.throttled = 1);
    let (writes, _) = stage.look(&["900"]).await;
    assert_eq!(writes, ["tell 1234567:900", "patch returnAuthorization-900 close []"]);
    let stage = Stage::new(vec![amazon_return("R1", "CREATED", &[("A1", 1, &[])])]);
    stage.world(|world| world.throttled_finds = 1);
    let (writes, _) = stage.look(&[]).await;
    assert_eq!(writes, ["create amz-ra-R1 1x1"]);
    assert_eq!(stage.parked(), []);
}
