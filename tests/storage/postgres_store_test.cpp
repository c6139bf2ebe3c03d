#include "tests/storage/conformance.hpp"
#include "tests/storage/postgres_server.hpp"

namespace skald::storage::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance,
                         testing::Values(StoreMaker([](const TemporaryFolder&, const StoreOptions& options) {
                           return open_store(PostgresServer::shared().make_database(), options).value();
                         })));

}  // namespace
}  // namespace skald::storage::test
