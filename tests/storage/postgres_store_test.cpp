#include "tests/storage/conformance.hpp"
#include "tests/storage/postgres_server.hpp"

namespace skald::storage::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance,
                         testing::Values(StoreMaker([](const TemporaryFolder&, const StoreOptions& options) {
                           auto store = open_store(PostgresServer::shared().make_database(), options);
                           if (!store) throw std::runtime_error(to_text(store.error()));
                           (*store)->leases()->renew(ports::MemberMode::kServing).value();
                           return std::move(*store);
                         })));

}  // namespace
}  // namespace skald::storage::test
