// SPDX-License-Identifier: Apache-2.0
#include <session/session.h>

#include <session/analysis.h>

namespace session {

Session::Session() = default;
Session::~Session() = default;

base::Result<std::unique_ptr<Session>> Session::open(Options options, OnUpdate onUpdate)
{
    if (options.inboxCapacity == 0 || options.publishEvery < base::Duration::zero())
        return base::fail(base::ErrorCode::BadInput,
                          "A session needs room for packets and a time between updates.");
    std::unique_ptr<Session> session(new Session);
    try {
        session->m_analysis = std::make_unique<Analysis>(std::move(options), std::move(onUpdate));
    } catch (const std::system_error &error) {
        return base::fail(
            base::ErrorCode::Internal,
            "The system gives this program no further thread. Close other programs and try again.",
            error.what());
    }
    return session;
}

base::Inbox<base::Packet> &Session::inbox()
{
    return m_analysis->inbox();
}

void Session::learnKey(const base::Endpoint &sender, const rtp::SdesKey &key)
{
    m_analysis->learnKey(sender, key);
}

base::Result<void> Session::import(const std::string &path, const ClockChoice &clock,
                                   const std::string &next)
{
    return m_analysis->import(path, clock, next);
}

base::Result<void> Session::importBytes(const std::string &name, std::string_view bytes)
{
    if (bytes.empty())
        return base::fail(base::ErrorCode::BadInput, "There is no text to read.");
    return m_analysis->import(name, base::Blob::copy(bytes));
}

base::Result<void> Session::follow(const std::string &path)
{
    return m_analysis->follow(path);
}

void Session::cancelImport()
{
    m_analysis->cancelImport();
}

bool Session::settle(std::chrono::milliseconds limit)
{
    return m_analysis->settle(limit);
}

const trace::Trace &Session::trace() const
{
    return m_analysis->trace();
}

std::vector<std::shared_ptr<const CallView>> Session::calls() const
{
    return m_analysis->published().calls();
}

std::vector<std::shared_ptr<const flows::Flow>> Session::flows() const
{
    return m_analysis->published().flows();
}

std::map<std::string, std::string> Session::names() const
{
    return m_analysis->published().names();
}

std::vector<ImportState> Session::imports() const
{
    return m_analysis->published().imports();
}

std::shared_ptr<const Update> Session::last() const
{
    return m_analysis->published().last();
}

std::vector<std::shared_ptr<const rtp::Stream>> Session::streams(std::chrono::milliseconds limit)
{
    return m_analysis->streams(limit);
}

} // namespace session
