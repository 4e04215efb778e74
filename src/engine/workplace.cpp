// SPDX-License-Identifier: Apache-2.0
#include <engine/workplace.h>

#include <base/endpoint.h>
#include <base/text.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace engine {

base::Result<std::unique_ptr<Workplace>> Workplace::make()
{
    std::error_code error;
    const auto parent = std::filesystem::temp_directory_path(error);
    std::string name = (error ? std::string("/tmp") : parent.string()) + "/earshot-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
        return base::fail(
            base::ErrorCode::Io,
            fmt::format("No temporary folder can be made in {}: {}.", name, std::strerror(errno)));
    return std::unique_ptr<Workplace>(new Workplace(name));
}

Workplace::~Workplace()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

base::Result<std::string> Workplace::write(const std::string &name, const std::string &text) const
{
    auto path = m_path + "/" + name;
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written =
        fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int number = errno;
    if (fd >= 0)
        ::close(fd);
    if (!written)
        return base::fail(base::ErrorCode::Io,
                          fmt::format("{} cannot be written: {}.", path, std::strerror(number)));
    return path;
}

base::Result<std::string> resolverConfiguration(const std::string &server)
{
    auto endpoint = base::Endpoint::parse(server);
    if (!endpoint)
        if (const auto address = base::Address::parse(server))
            endpoint = base::Endpoint{*address, 53};
    if (!endpoint || endpoint->port == 0)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("\"{}\" is no DNS server: give its IP address, with a port "
                                      "where it is not 53, such as 192.0.2.53:5353.",
                                      base::printable(server, false, 80)));
    return fmt::format("nameserver {}\nport {}\n", endpoint->address.text(), endpoint->port);
}

} // namespace engine
