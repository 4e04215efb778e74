// SPDX-License-Identifier: Apache-2.0
// Captures that are no files: "-" is the standard input, a named pipe or a process substitution is
// read to its end. They are kept in a nameless file meanwhile, so that they are read as any other.
#pragma once

#include <base/result.h>
#include <functional>
#include <string>

namespace app {

class Spooled
{
public:
    /// Reads what has to be read. Errors: it cannot be opened, or kept. `interrupted`: asked now
    /// and then; what came until then is taken.
    static base::Result<Spooled> take(const std::string &path,
                                      const std::function<bool()> &interrupted);
    ~Spooled();
    Spooled(Spooled &&other) noexcept;
    Spooled(const Spooled &) = delete;
    Spooled &operator=(const Spooled &) = delete;
    Spooled &operator=(Spooled &&) = delete;

    /// What to open instead of the path.
    const std::string &path() const { return m_path; }
    /// A sentence about path(), about what the user gave.
    std::string told(std::string sentence) const;

private:
    Spooled(std::string given, int file);

    std::string m_given, m_path;
    int m_file = -1; // -1: the path is a file
};

} // namespace app
