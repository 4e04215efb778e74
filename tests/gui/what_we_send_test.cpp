// SPDX-License-Identifier: Apache-2.0
// "What we send" while a call stands: the peer hears the new sound in the same stream, by its
// frequency and its level.
#include <gui/window_support.h>
#include <QAction>
#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <rtp/g711.h>
#include <support/null_sink.h>
#include <support/rtp_source.h>
#include <ui/panels/ask_dialog.h>
#include <unit/desk/peer.h>

using desk_test::Peer;

class WhatWeSendTest : public QObject
{
    Q_OBJECT

    Peer m_peer;
    support::RtpSource m_media{7};
    std::vector<std::int16_t> m_sound; // the last half second that came
    QElapsedTimer m_since;             // the last packet
    std::uint32_t m_ssrc = 0;
    bool m_oneStream = true;

    void take()
    {
        for (std::string bytes = m_media.receive(); !bytes.empty(); bytes = m_media.receive()) {
            const auto packet = rtp::parseRtp(bytes);
            if (!packet || packet->payloadType != 0)
                continue;
            m_oneStream = m_oneStream && (m_ssrc == 0 || packet->ssrc == m_ssrc);
            m_ssrc = packet->ssrc;
            m_since.start();
            rtp::decodeG711(0, packet->payload, m_sound);
            if (m_sound.size() > 4000)
                m_sound.erase(m_sound.begin(), m_sound.end() - 4000);
        }
    }
    bool sounds(double hertz, double level)
    {
        take();
        return m_sound.size() == 4000 && support::strongest(m_sound, 8000) == hertz &&
               std::abs(support::powerAt(m_sound, hertz, 8000) - level) < 0.5;
    }
    std::string next(const std::string &method)
    {
        std::string found;
        (void)QTest::qWaitFor(
            [&] {
                const auto text = m_peer.receive();
                if (text && text->rfind(method, 0) == 0)
                    found = *text;
                return !found.empty();
            },
            10'000);
        return found;
    }
    static ui::AskDialog *choose(gui::Stage &stage, const QString &text)
    {
        stage.find<QAction>("call.sending")->trigger();
        auto *dialog =
            stage.window().findChildren<ui::AskDialog *>(QStringLiteral("ask")).constLast();
        dialog->findChild<QComboBox *>()->setEditText(text);
        dialog->accept();
        return dialog;
    }

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void itChangesWhileTheCallStands()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        desk::CallOptions options;
        options.target = m_peer.uri();
        options.sending.kind = media::SendKind::Tone;
        options.sending.toneHertz = 700;
        const auto call = stage.bridge().place(options);
        QVERIFY(call.valid());
        const auto invite = next("INVITE");
        QVERIFY(!invite.empty());
        m_peer.send(
            Peer::reply(invite, "200 OK", "b", "Contact: <" + m_peer.uri() + ">\r\n",
                        desk_test::sdp(std::to_string(m_media.local().port) + " RTP/AVP 0")));
        QTRY_VERIFY_WITH_TIMEOUT(sounds(700, -10), 10'000);
        const auto &own = stage.bridge().store().ownCalls();
        QTRY_VERIFY(own.at(call.value).stage == desk::CallInfo::Stage::Answered);
        choose(stage, QStringLiteral("tone:1200"));
        QTRY_VERIFY_WITH_TIMEOUT(sounds(1200, -10), 10'000);
        QVERIFY(m_oneStream);
        auto *refused = choose(stage, QStringLiteral("music")); // a sentence, and all goes on
        QVERIFY(refused->isVisible());
        QVERIFY(refused->findChild<QLabel *>(QStringLiteral("askProblem"))
                    ->text()
                    .contains(QLatin1String("music")));
        refused->reject();
        QVERIFY(sounds(1200, -10));
        choose(stage, QStringLiteral("nothing"));
        QTRY_VERIFY(own.at(call.value).options.sending.kind == media::SendKind::Nothing);
        const auto still = [&] {
            take();
            return m_since.elapsed() > 250; // more than ten packets
        };
        QTRY_VERIFY_WITH_TIMEOUT(still(), 10'000);
        choose(stage, QStringLiteral("tone:500"));
        QTRY_VERIFY_WITH_TIMEOUT(sounds(500, -10), 10'000);
        stage.bridge().hangUp(call);
        const auto bye = next("BYE");
        QVERIFY(!bye.empty());
        m_peer.send(Peer::reply(bye, "200 OK", "b"));
        QTRY_VERIFY(desk::isOver(own.at(call.value)));
    }
};

QTEST_MAIN(WhatWeSendTest)
#include "what_we_send_test.moc"
