// SPDX-License-Identifier: Apache-2.0
// What the analysis thread has published so far, for any thread to copy. Everything in it is
// immutable; the lock covers the few pointers that are exchanged, never any work.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <session/session.h>
#include <string>
#include <vector>

namespace session {

class Published
{
public:
    /// Analysis thread.
    void put(std::shared_ptr<const Update> update);
    void name(const std::string &end, std::string name); // an address, or one with its port
    void finished(ImportState import);

    std::vector<std::shared_ptr<const CallView>> calls() const;
    std::vector<std::shared_ptr<const flows::Flow>> flows() const;
    std::shared_ptr<const Update> last() const;
    std::map<std::string, std::string> names() const;
    std::vector<ImportState> imports() const;

private:
    mutable std::mutex m_mutex;
    std::vector<std::shared_ptr<const CallView>> m_calls; // in order of appearance
    std::vector<std::uint32_t> m_places;                  // by CallId, kNowhere: not published yet
    std::vector<std::shared_ptr<const flows::Flow>> m_flows;
    std::shared_ptr<const Update> m_last;
    std::map<std::string, std::string> m_names; // bounded
    std::vector<ImportState> m_imports;
};

} // namespace session
