use amz_domain::Sku;
use amz_sandbox::amazon::SkuFault;
use amz_sandbox::{CallSelector, Fault};
use amz_services::failure::Failure;
use amz_services::ports::AmazonCatalog;
use amz_services::ports::stock::CatalogProduct;

use crate::setup::Rehearsal;

#[tokio::test]
async fn the_product_of_a_stocked_item_has_amazons_sku() {
    let rehearsal = Rehearsal::start().await;
    let amazon = &rehearsal.sandbox().amazon;
    amazon
        .change_stock("AMZ-MUG", |item| {
            item.product_sku = Some("MUG".to_owned());
            item.external_id = Some("301".to_owned());
        })
        .unwrap();
    let item = amazon.stock("AMZ-MUG").unwrap().inventory_item_id.as_str().into();
    let product = rehearsal.client.product_of(&item).await.unwrap();
    let expected = CatalogProduct {
        inventory_item: Some(item),
        sku: Some("AMZ-MUG".into()),
        external_id: Some("301".to_owned()),
    };
    assert_eq!(product, Some(expected));
}

#[tokio::test]
async fn an_item_that_amazon_does_not_know_has_no_product() {
    let rehearsal = Rehearsal::start().await;
    assert_eq!(rehearsal.client.product_of(&"inv-none".into()).await.unwrap(), None);
}

#[tokio::test]
async fn a_product_without_a_usable_sku_is_refused_with_amazons_code() {
    for (fault, code) in [
        (SkuFault::Missing, "MissingAmazonSkuConfiguration"),
        (SkuFault::Invalid, "InvalidAmazonSkuConfiguration"),
    ] {
        let rehearsal = Rehearsal::start().await;
        let amazon = &rehearsal.sandbox().amazon;
        amazon.change_stock("MUG", |item| item.sku_fault = Some(fault)).unwrap();
        let item = amazon.stock("MUG").unwrap().inventory_item_id.as_str().into();
        let error = rehearsal.client.product_of(&item).await.unwrap_err();
        assert_eq!((error.failure, error.code.as_str()), (Failure::Refused, code));
    }
}

#[tokio::test]
async fn the_catalogue_is_read_in_pages_of_twenty_each_product_once() {
    let rehearsal = Rehearsal::start().await;
    rehearsal.sandbox().amazon.seed_stock(45);
    let (mut skus, mut after) = (Vec::<Sku>::new(), None);
    loop {
        let page = rehearsal.client.products(after).await.unwrap();
        assert!(page.products.len() <= 20);
        assert!(page.products.iter().all(|product| product.inventory_item.is_some()));
        skus.extend(page.products.into_iter().filter_map(|product| product.sku));
        after = page.after;
        if after.is_none() {
            break;
        }
    }
    skus.sort();
    let expected: Vec<Sku> = (1..=45).map(|number| format!("SEED-{number:08}").into()).collect();
    assert_eq!(skus, expected);
    assert_eq!(rehearsal.count("products"), 3);
}

#[tokio::test]
async fn an_empty_catalogue_is_one_empty_page() {
    let rehearsal = Rehearsal::start().await;
    let page = rehearsal.client.products(None).await.unwrap();
    assert_eq!((page.products.len(), page.after), (0, None));
}

#[tokio::test]
async fn a_page_that_broke_off_is_not_taken_for_the_last() {
    let rehearsal = Rehearsal::start().await;
    rehearsal.sandbox().amazon.seed_stock(1);
    rehearsal.fault("products", CallSelector::Nth(1), Fault::MalformedJson);
    assert_eq!(rehearsal.client.products(None).await.unwrap_err().failure, Failure::Unreadable);
    rehearsal.fault("inventoryItem", CallSelector::Nth(1), Fault::GraphQlThrottle);
    let throttled = rehearsal.client.product_of(&"inv-1".into()).await.unwrap_err();
    assert_eq!(throttled.failure, Failure::Throttled { wait: None });
}
