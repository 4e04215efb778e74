// SPDX-License-Identifier: Apache-2.0
#include <desk/device.h>

#include <base/text.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <record/folder.h>
#include <unistd.h>

namespace desk {

namespace {

namespace fs = std::filesystem;

std::string readInstance(const fs::path &file)
{
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    const bool good = line.size() == 45 && line.compare(0, 9, "urn:uuid:") == 0 &&
                      line.find_first_not_of("0123456789abcdefABCDEF-", 9) == std::string::npos;
    return good ? line : std::string();
}

} // namespace

std::string newInstance()
{
    const std::string hex = base::randomToken(16);
    return fmt::format("urn:uuid:{}-{}-4{}-a{}-{}", hex.substr(0, 8), hex.substr(8, 4),
                       hex.substr(13, 3), hex.substr(17, 3), hex.substr(20, 12));
}

base::Result<std::string> deviceInstance()
{
    const fs::path file = fs::path(record::sessionsFolder()).parent_path() / "instance-id";
    if (auto known = readInstance(file); !known.empty())
        return known;
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    // Written aside and linked, so that of two programs that start at once one id wins for both.
    const fs::path fresh = file.string() + "." + std::to_string(::getpid());
    std::ofstream(fresh) << newInstance() << '\n';
    fs::create_hard_link(fresh, file, error);
    if (error && readInstance(file).empty()) // there, but not readable as one
        fs::rename(fresh, file, error);
    std::error_code ignored;
    fs::remove(fresh, ignored);
    if (auto kept = readInstance(file); !kept.empty())
        return kept;
    return base::fail(
        base::ErrorCode::Internal,
        fmt::format("The instance-id cannot be kept in {}: {}. A registration after a "
                    "restart is another one.",
                    base::printable(file.string()), error.message()));
}

} // namespace desk
