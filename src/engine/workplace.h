// SPDX-License-Identifier: Apache-2.0
// Private to engine: a folder of our own for the files that the library only takes by name; gone
// with the engine.
#pragma once

#include <base/result.h>
#include <memory>
#include <string>

namespace engine {

class Workplace
{
public:
    /// A new folder that only this user can enter. Errors: no place for one.
    static base::Result<std::unique_ptr<Workplace>> make();
    ~Workplace();
    Workplace(const Workplace &) = delete;
    Workplace &operator=(const Workplace &) = delete;

    const std::string &path() const { return m_path; }
    /// Mode 0600. Returns the whole path.
    base::Result<std::string> write(const std::string &name, const std::string &text) const;

private:
    explicit Workplace(std::string path) : m_path(std::move(path)) {}
    std::string m_path;
};

/// "192.0.2.53" or "[2001:db8::53]:5353" as a resolv.conf that the library reads.
base::Result<std::string> resolverConfiguration(const std::string &server);

} // namespace engine
