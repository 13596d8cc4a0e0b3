//! Many questions of the harness at once: a crew of connections works off a list.

use std::cell::Cell;
use std::net::SocketAddr;

use futures::future::join_all;

use super::api::Api;

/// How many questions are open at any time.
const IN_FLIGHT: usize = 128;

/// One worker's connections, one to each node.
#[derive(Debug)]
pub(crate) struct Apis(Vec<Api>);

impl Apis {
    /// A node by its number; numbers beyond the last begin again at the first.
    pub(crate) fn node(&mut self, number: usize) -> &mut Api {
        let count = self.0.len();
        &mut self.0[number % count]
    }
}

/// Asks about each item, many at a time; the answers come in the order of the items.
pub(crate) async fn crew<T, R>(
    addrs: &[SocketAddr],
    items: &[T],
    ask: impl AsyncFn(&mut Apis, usize, &T) -> R,
) -> Vec<R> {
    let next = Cell::new(0);
    let (next, ask) = (&next, &ask);
    let workers = (0..IN_FLIGHT.min(items.len())).map(|_| async move {
        let mut apis = Apis(addrs.iter().map(|addr| Api::new(*addr)).collect());
        let mut answers = Vec::new();
        loop {
            let index = next.get();
            next.set(index + 1);
            let Some(item) = items.get(index) else { return answers };
            answers.push((index, ask(&mut apis, index, item).await));
        }
    });
    let mut all: Vec<_> = join_all(workers).await.into_iter().flatten().collect();
    all.sort_unstable_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::crew;

    #[test]
    fn every_item_is_asked_about_once_and_answers_keep_the_order() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let items: Vec<usize> = (0..1000).collect();
        let answers = runtime.block_on(crew(&[], &items, async |_, index, item| {
            tokio::task::yield_now().await;
            (index, item * 2)
        }));
        let expected: Vec<_> = (0..1000).map(|n| (n, n * 2)).collect();
        assert_eq!(answers, expected);
    }
}
