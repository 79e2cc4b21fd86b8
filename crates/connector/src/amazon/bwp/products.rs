//! `products`: the whole catalogue, page by page.
//!
//! Source: Amazon page `catalog-queries-products`. Cursors are opaque.

use amz_services::failure::PortError;
use amz_services::ports::stock::CatalogPage;
use cynic::QueryBuilder;
use serde::Deserialize;

use super::answer::Unreadable;
use super::call::Request;
use super::catalog::{Product, catalog_product};
use super::schema;

/// Name of the operation in audit, logs and errors.
pub(super) const OPERATION: &str = "products";

/// Products on a page; Amazon gives no more.
const PAGE: i32 = 20;

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct Variables {
    first: i32,
    #[cynic(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// The query and what comes back of it.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Query", variables = "Variables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ProductsQuery {
    #[arguments(first: $first, after: $after)]
    products: Option<ProductConnection>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProductConnection {
    page_info: Option<PageInfo>,
    edges: Option<Vec<Option<ProductEdge>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageInfo {
    has_next_page: Option<bool>,
    end_cursor: Option<String>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProductEdge {
    node: Option<CatalogNode>,
}

#[derive(cynic::InlineFragments, Debug)]
enum CatalogNode {
    Product(Product),
    #[cynic(fallback)]
    Other,
}

/// The request that reads a page, the first when `after` is `None`.
pub(super) fn request(after: Option<String>) -> Result<Request, PortError> {
    Request::read(OPERATION, &ProductsQuery::build(Variables { first: PAGE, after }))
}

/// The page that was read. Whether more follows must be told: a part must not be taken for everything.
pub(super) fn page(data: ProductsQuery) -> Result<Option<CatalogPage>, Unreadable> {
    let ProductConnection { page_info, edges } = data.products.ok_or(Unreadable("products"))?;
    let PageInfo { has_next_page, end_cursor } = page_info.ok_or(Unreadable("products.pageInfo"))?;
    let after = match has_next_page.ok_or(Unreadable("products.pageInfo.hasNextPage"))? {
        true => Some(end_cursor.ok_or(Unreadable("products.pageInfo.endCursor"))?),
        false => None,
    };
    let nodes = edges.unwrap_or_default().into_iter().flatten().filter_map(|edge| edge.node);
    let products = nodes.filter_map(|node| match node {
        CatalogNode::Product(product) => Some(catalog_product(product)),
        CatalogNode::Other => None,
    });
    Ok(Some(CatalogPage { products: products.collect(), after }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(data: Value) -> Result<CatalogPage, Unreadable> {
        page(serde_json::from_value(data).unwrap()).map(Option::unwrap)
    }

    #[test]
    fn the_query_is_what_amazon_documents() {
        let first = request(None).unwrap();
        assert_eq!(first.body["variables"], json!({"first": 20}));
        let next = request(Some("catalogid#7".to_owned())).unwrap();
        assert_eq!(next.body["variables"], json!({"first": 20, "after": "catalogid#7"}));
        insta::assert_snapshot!(first.body["query"].as_str().unwrap());
    }

    #[test]
    fn a_page_has_products_and_says_where_the_next_begins() {
        let edge = |typename: &str, sku: &str| json!({"node": {"id": "p", "amazonSku": {"value": sku}, "__typename": typename}});
        let page = read(json!({"products": {
            "pageInfo": {"hasNextPage": true, "endCursor": "catalogid#7"},
            "edges": [edge("Product", "MUG"), null, {"node": null}, edge("Bundle", "SET"), edge("Product", "CUP")],
        }}));
        let page = page.unwrap();
        let skus: Vec<_> = page.products.iter().filter_map(|product| product.sku.as_ref()).collect();
        assert_eq!(skus, [&"MUG".into(), &"CUP".into()]);
        assert_eq!(page.after.as_deref(), Some("catalogid#7"));
    }

    #[test]
    fn the_last_page_leads_nowhere_whatever_its_cursor() {
        let page =
            read(json!({"products": {"pageInfo": {"hasNextPage": false, "endCursor": "catalogid#9"}}}));
        assert_eq!(page, Ok(CatalogPage { products: Vec::new(), after: None }));
    }

    #[test]
    fn a_page_that_does_not_say_whether_more_follows_is_unreadable() {
        for (data, missing) in [
            (json!({}), "products"),
            (json!({"products": {"edges": []}}), "products.pageInfo"),
            (json!({"products": {"pageInfo": {"endCursor": "c"}}}), "products.pageInfo.hasNextPage"),
            (json!({"products": {"pageInfo": {"hasNextPage": true}}}), "products.pageInfo.endCursor"),
        ] {
            assert_eq!(read(data), Err(Unreadable(missing)));
        }
    }
}
