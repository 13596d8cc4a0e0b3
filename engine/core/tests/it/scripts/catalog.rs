//! Lines about products and collections.

use engine_core::catalog::{CollectionDetails, ProductChange, ProductDetails};
use engine_core::{
    ArchiveCollection, ArchiveProduct, Command, CreateCollection, CreateProduct, Currency, Money,
    ProductId, UpdateCollection, UpdateProduct,
};

use super::inventory::unquote;
use super::world::World;
use super::{Said, access};

#[derive(goldenscript::Command)]
enum Line {
    /// Creates a product.
    CreateProduct {
        id: String,
        #[arg(key)]
        name: Option<String>,
        #[arg(key)]
        description: Option<String>,
        #[arg(key)]
        brand: Option<String>,
        #[arg(key)]
        sku: Option<String>,
        #[arg(key)]
        price: Option<i64>,
        #[arg(key)]
        currency: Option<String>,
        #[arg(key, optional)]
        stock: u32,
        /// What one unit weighs.
        #[arg(key, optional)]
        grams: u32,
        #[arg(key)]
        tax: Option<String>,
        /// `a,b`, or `many-33`
        #[arg(key)]
        collections: Option<String>,
        /// Attributes.
        #[arg(optional)]
        attributes: Vec<(String, String)>,
    },
    /// Changes what is said of a product.
    UpdateProduct {
        id: String,
        #[arg(key)]
        version: Option<u64>,
        #[arg(key)]
        name: Option<String>,
        #[arg(key)]
        description: Option<String>,
        #[arg(key)]
        brand: Option<String>,
        #[arg(key)]
        sku: Option<String>,
        #[arg(key)]
        price: Option<i64>,
        #[arg(key)]
        currency: Option<String>,
        #[arg(key)]
        available: Option<u32>,
        #[arg(key)]
        grams: Option<u32>,
        #[arg(key)]
        tax: Option<String>,
        #[arg(key)]
        collections: Option<String>,
        #[arg(optional)]
        attributes: Vec<(String, String)>,
    },
    /// Archives a product.
    ArchiveProduct {
        id: String,
        #[arg(key)]
        version: Option<u64>,
    },
    /// Creates a collection.
    CreateCollection {
        id: String,
        #[arg(key)]
        name: String,
        #[arg(key)]
        description: Option<String>,
    },
    /// Changes what is said of a collection.
    UpdateCollection {
        id: String,
        #[arg(key)]
        version: Option<u64>,
        #[arg(key)]
        name: Option<String>,
        #[arg(key)]
        description: Option<String>,
    },
    /// Archives a collection.
    ArchiveCollection {
        id: String,
        #[arg(key)]
        version: Option<u64>,
    },
    #[command(other)]
    Other(goldenscript::Command),
}

pub fn run(world: &mut World, line: &goldenscript::Command) -> Said {
    let command = match Line::try_from(line)? {
        line @ Line::CreateProduct { .. } => create(world, line)?,
        line @ Line::UpdateProduct { .. } => update(world, line)?,
        Line::ArchiveProduct { id, version: expected_version } => {
            let id = world.names.product(&id);
            Command::ArchiveProduct(ArchiveProduct { id, expected_version })
        }
        Line::CreateCollection { id, name, description } => {
            let details =
                CollectionDetails { name: unquote(&name), description: text(description) };
            let id = world.names.collection(&id);
            Command::CreateCollection(CreateCollection { id, details })
        }
        Line::UpdateCollection { id, version: expected_version, name, description } => {
            let [name, description] = [name, description].map(|text| text.as_deref().map(unquote));
            let id = world.names.collection(&id);
            let change = UpdateCollection { id, expected_version, name, description };
            Command::UpdateCollection(change)
        }
        Line::ArchiveCollection { id, version: expected_version } => {
            let id = world.names.collection(&id);
            Command::ArchiveCollection(ArchiveCollection { id, expected_version })
        }
        Line::Other(line) => return access::run(world, &line),
    };
    world.run(command)
}

/// A product of which nothing is there.
pub fn new_product(id: ProductId) -> Command {
    let details = ProductDetails {
        name: "one of many".into(),
        description: String::new(),
        brand: String::new(),
        sku: String::new(),
        price: Money { amount: 100, currency: Currency::USD },
        weight_grams: 0,
        tax_category: String::new(),
        collections: Vec::new(),
        attributes: Vec::new(),
    };
    Command::CreateProduct(CreateProduct { id, details, stock: 0 })
}

fn create(world: &mut World, line: Line) -> Result<Command, Box<dyn std::error::Error>> {
    let Line::CreateProduct {
        id,
        name,
        description,
        brand,
        sku,
        price,
        currency,
        stock,
        grams: weight_grams,
        tax,
        collections,
        attributes,
    } = line
    else {
        unreachable!()
    };
    let details = ProductDetails {
        name: name.as_deref().map_or_else(|| id.clone(), unquote),
        description: text(description),
        brand: text(brand),
        sku: text(sku),
        price: money(price.unwrap_or(100), currency)?,
        weight_grams,
        tax_category: text(tax),
        collections: collections.map(|list| ids(world, &list)).unwrap_or_default(),
        attributes: pairs(attributes),
    };
    let id = world.names.product(&id);
    Ok(Command::CreateProduct(CreateProduct { id, details, stock }))
}

fn update(world: &mut World, line: Line) -> Result<Command, Box<dyn std::error::Error>> {
    let Line::UpdateProduct {
        id,
        version: expected_version,
        name,
        description,
        brand,
        sku,
        price,
        currency,
        available,
        grams: weight_grams,
        tax,
        collections,
        attributes,
    } = line
    else {
        unreachable!()
    };
    let [name, description, brand, sku] =
        [name, description, brand, sku].map(|text| text.as_deref().map(unquote));
    let price = price.map(|price| money(price, currency)).transpose()?;
    let collections = collections.map(|list| ids(world, &list));
    let attributes = (!attributes.is_empty()).then(|| pairs(attributes));
    let change = ProductChange {
        name,
        description,
        brand,
        sku,
        price,
        weight_grams,
        tax_category: tax.as_deref().map(unquote),
        collections,
        attributes,
    };
    let id = world.names.product(&id);
    Ok(Command::UpdateProduct(UpdateProduct { id, expected_version, change, available }))
}

fn money(amount: i64, currency: Option<String>) -> Result<Money, Box<dyn std::error::Error>> {
    let currency = currency.map_or(Ok(Currency::USD), |code| code.parse())?;
    Ok(Money { amount, currency })
}

fn text(text: Option<String>) -> String {
    text.as_deref().map(unquote).unwrap_or_default()
}

fn ids(world: &mut World, list: &str) -> Vec<engine_core::CollectionId> {
    match list.strip_prefix("many-").and_then(|count| count.parse::<u32>().ok()) {
        Some(count) => (0..count).map(|n| world.names.collection(&format!("c{n}"))).collect(),
        None => list.split(',').map(|name| world.names.collection(name)).collect(),
    }
}

/// `name=value`; `many=65` stands for so many attributes, `twice=value` for one given twice.
fn pairs(attributes: Vec<(String, String)>) -> Vec<(String, String)> {
    let expand = |(name, value): (String, String)| match name.as_str() {
        "many" => {
            let count = value.parse().expect("a number of attributes");
            (0..count).map(|n: u32| (format!("a{n}"), String::new())).collect()
        }
        "twice" => vec![(name.clone(), value.clone()), (name, value)],
        _ => vec![(unquote(&name), unquote(&value))],
    };
    attributes.into_iter().flat_map(expand).collect()
}
