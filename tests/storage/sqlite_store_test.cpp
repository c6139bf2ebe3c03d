#include "tests/storage/conformance.hpp"

namespace skald::storage::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         testing::Values(StoreMaker([](const TemporaryFolder& folder, const StoreOptions& options) {
                           return open_store("sqlite:" + folder.file("a folder's \xC3\xA4.db"), options).value();
                         })));

}  // namespace
}  // namespace skald::storage::test
