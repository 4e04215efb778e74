// SPDX-License-Identifier: Apache-2.0
// What the window's tests share: a store filled from a conversation by the real folds, settings in
// a folder of their own, warnings of Qt as failures.
#pragma once

#include <desk/desk.h>
#include <QDir>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <session/session.h>
#include <support/conversation.h>
#include <ui/store.h>

namespace gui {

/// Call first in init(): any warning of Qt fails the test that caused it. What the offscreen
/// platform says of itself, windows' size hints and what a menu that pops up asks for, is not about
/// us.
inline void failOnWarnings()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral(
        "^(?!This plugin does not support (propagateSizeHints|raise|grabbing the keyboard))")));
}

/// From initMain(): nothing of the user's is read or written.
inline void useOwnFolders()
{
    static const QTemporaryDir kFolder;
    for (const char *name :
         {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"}) {
        QDir().mkpath(kFolder.filePath(QString::fromLatin1(name)));
        qputenv(name, kFolder.filePath(QString::fromLatin1(name)).toUtf8());
    }
}

/// A session fed by hand, and the store that the window reads.
class Scenery
{
public:
    Scenery()
    {
        session::Options options;
        options.live = false;
        m_session = std::move(*session::Session::open(options));
        m_store = std::make_unique<ui::Store>(m_session->trace());
    }

    /// More of the conversation; the store hears of it as of a frame.
    void say(std::string_view text)
    {
        const support::Conversation conversation(text);
        QVERIFY2(conversation.error().empty(), conversation.error().c_str());
        for (const auto &packet : conversation.packets())
            m_session->inbox().push(packet);
        QVERIFY(m_session->settle(std::chrono::seconds(10)));
        session::Update update = m_session->last() ? *m_session->last() : session::Update{};
        update.calls = m_session->calls();
        update.flows = m_session->flows();
        update.flowsChanged = true;
        m_store->applyUpdates({std::make_shared<const session::Update>(update)});
    }

    ui::Store &store() { return *m_store; }
    session::Session &session() { return *m_session; }

private:
    std::unique_ptr<session::Session> m_session;
    std::unique_ptr<ui::Store> m_store;
};

constexpr const char *kEarlyMedia = R"(
0.000 alice>bob INVITE call=one offer
0.004 bob>alice 100 call=one
0.412 bob>alice 183 tag=x answer call=one
0.420 bob>alice rtp 50
1.800 bob>alice 200 tag=x answer call=one
1.810 alice>bob ACK tag=x call=one
4.000 bob>alice BYE tag=x reverse call=one
4.010 alice>bob 200 call=one
)";

/// Our own test call (alice is us) that ends in a 430.
constexpr const char *kFlowFailed = R"(
own alice
0.000 alice>proxy INVITE call=two offer
0.004 proxy>alice 100 call=two
0.006 proxy>edge INVITE call=two
0.026 edge>proxy 430 call=two
0.030 proxy>alice 430 call=two
0.032 alice>proxy ACK call=two
)";

} // namespace gui
