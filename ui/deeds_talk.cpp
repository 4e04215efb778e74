// SPDX-License-Identifier: Apache-2.0
// What can be done to a call while it rings or talks, and making the next one like another's.
#include <ui/deeds.h>

#include <algorithm>
#include <array>
#include <desk/call_text.h>
#include <QMainWindow>
#include <QMap>
#include <sip/status.h>
#include <ui/bridge/desk_bridge.h>
#include <ui/focus.h>
#include <ui/needs.h>
#include <ui/panels/ask_dialog.h>
#include <ui/panels/bars.h>
#include <ui/panels/dial_bar.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kLeastCode = 300, kGreatestCode = 699;
constexpr std::array kUsualCodes{486, 480, 603, 404, 488, 503}; // to decline with
constexpr int kLongestDigits = 64;

/// What RFC 4733 section 3.2 names: 0 to 9, *, #, A to D.
bool areDigits(const QString &text)
{
    const QString known = QStringLiteral("0123456789*#ABCDabcd");
    return !text.isEmpty() && text.size() <= kLongestDigits &&
           std::all_of(text.begin(), text.end(), [&](QChar c) { return known.contains(c); });
}

QString codeText(int code)
{
    return QStringLiteral("%1 %2").arg(code).arg(shown(sip::phrase(code)));
}

/// The code at the beginning of "486 Busy Here"; 0: none to decline with.
int codeIn(const QString &text)
{
    const int code = text.section(QLatin1Char(' '), 0, 0).toInt();
    return code >= kLeastCode && code <= kGreatestCode ? code : 0;
}

QString notAUri(const QString &text)
{
    return isSipUri(text) ? QString()
                          : Deeds::tr("\"%1\" is not a SIP URI. Write it like sip:bob@example.com.")
                                .arg(shown(toStd(text)));
}

/// Answered calls of ours beside `call`, by what the user is asked with.
QMap<QString, engine::CallHandle> otherTalks(const Store &store, engine::CallHandle call)
{
    QMap<QString, engine::CallHandle> out;
    for (const auto &[number, info] : store.ownCalls()) {
        if (info.handle == call || info.stage != desk::CallInfo::Stage::Answered)
            continue;
        const std::string &party = info.incoming ? info.from : info.options.target;
        out.insert(Deeds::tr("call %1: %2").arg(number).arg(shown(party)), info.handle);
    }
    return out;
}

} // namespace

void Deeds::ask(Question question, engine::CallHandle call, bool rings,
                std::function<void(const QString &)> then)
{
    auto *dialog = new AskDialog(std::move(question), m_parts.window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
            [dialog, then = std::move(then)] { then(dialog->answer()); });
    connect(&m_parts.bridge->store(), &Store::ownCallChanged, dialog,
            [this, dialog, call, rings](const desk::CallInfo &info) {
                const bool stands =
                    rings ? info.stage < desk::CallInfo::Stage::Answered : !desk::isOver(info);
                if (info.handle != call || stands || !dialog->isVisible())
                    return;
                dialog->reject();
                say(rings ? tr("The call does not ring any more: \"%1\" was closed.")
                                .arg(dialog->windowTitle())
                          : tr("The call is over: \"%1\" was closed.").arg(dialog->windowTitle()),
                    false);
            });
    dialog->open();
}

engine::CallHandle Deeds::talking()
{
    const engine::CallHandle call = m_parts.dial->liveCall();
    if (!call.valid())
        say(lacking(Need::OwnCall, m_parts), false);
    return call;
}

engine::CallHandle Deeds::ringing()
{
    const engine::CallHandle call = m_parts.incoming->ringing();
    if (!call.valid())
        say(lacking(Need::Ringing, m_parts), false);
    return call;
}

void Deeds::holdOrResume(bool byUpdate)
{
    const engine::CallHandle call = talking();
    if (!call.valid())
        return;
    const auto &own = m_parts.bridge->store().ownCalls();
    const auto found = own.find(call.value);
    const bool held = found != own.end() && found->second.held;
    if (found == own.end() || found->second.stage != desk::CallInfo::Stage::Answered)
        say(lacking(Need::Answered, m_parts), false);
    else
        m_parts.bridge->hold(call, !held, byUpdate);
}

void Deeds::sendDigits(bool byEvents)
{
    const engine::CallHandle call = talking();
    if (!call.valid())
        return;
    Question question{
        tr("Send digits"),
        byEvents ? tr("Digits to send by telephone events (RFC 4733): 0 to 9, *, #, A to D")
                 : tr("Digits to send by INFO: 0 to 9, *, #, A to D")};
    question.missing = tr("Enter the digits first, for example 12#.");
    question.wrong = [](const QString &digits) {
        return areDigits(digits)
                   ? QString()
                   : tr("\"%1\" cannot be sent: digits are 0 to 9, *, #, A to D, %2 at most.")
                         .arg(shown(toStd(digits)))
                         .arg(kLongestDigits);
    };
    ask(std::move(question), call, false, [this, call, byEvents](const QString &digits) {
        if (byEvents)
            m_parts.bridge->sendKeys(call, toStd(digits.toUpper()));
        else
            m_parts.bridge->sendDigits(call, toStd(digits.toUpper()));
    });
}

void Deeds::chooseSound()
{
    const engine::CallHandle call = talking();
    if (!call.valid())
        return;
    const auto &own = m_parts.bridge->store().ownCalls();
    const auto found = own.find(call.value);
    const desk::CallOptions now = found != own.end() ? found->second.options : desk::CallOptions();
    Question question{tr("What we send"),
                      tr("noise, tone:440, mic, nothing, or the path of a WAV file"),
                      QString::fromStdString(desk::sendingText(now.sending)),
                      {QStringLiteral("noise"), QStringLiteral("tone:440"), QStringLiteral("mic"),
                       QStringLiteral("nothing")}};
    question.missing = tr("Choose one of the list, or enter the path of a WAV file.");
    question.wrong = [](const QString &text) {
        const auto sending = desk::sendingNamed(toStd(text));
        return sending ? QString() : shown(sending.error().sentence);
    };
    ask(std::move(question), call, false, [this, call](const QString &text) {
        if (const auto sending = desk::sendingNamed(toStd(text)))
            m_parts.bridge->send(call, *sending);
    });
}

void Deeds::transfer()
{
    const engine::CallHandle call = talking();
    if (!call.valid())
        return;
    const auto others = otherTalks(m_parts.bridge->store(), call);
    Question question{tr("Transfer the call"),
                      others.isEmpty()
                          ? tr("Whom shall the other side call instead? A SIP URI")
                          : tr("Whom shall the other side talk to instead? One of your other calls "
                               "(attended), or a SIP URI (blind)"),
                      others.isEmpty() ? QString() : others.firstKey(), others.keys()};
    question.missing = tr("Enter whom to call, for example sip:bob@example.com.");
    question.wrong = [others](const QString &target) {
        return others.contains(target) ? QString() : notAUri(target);
    };
    ask(std::move(question), call, false, [this, call, others](const QString &target) {
        if (const auto with = others.value(target); with.valid())
            m_parts.bridge->transfer(call, {}, with);
        else
            m_parts.bridge->transfer(call, toStd(target));
    });
}

void Deeds::answerEarly()
{
    if (const engine::CallHandle call = ringing(); call.valid())
        m_parts.bridge->earlyMedia(call);
}

void Deeds::declineWith()
{
    const engine::CallHandle call = ringing();
    if (!call.valid())
        return;
    Question question{tr("Decline the call"), tr("Final response code, 300 to 699"),
                      codeText(kUsualCodes.front())};
    for (const int code : kUsualCodes)
        question.offered << codeText(code);
    question.missing = tr("Enter a code, for example 486.");
    question.wrong = [](const QString &text) {
        return codeIn(text) != 0
                   ? QString()
                   : tr("\"%1\" is no final response code to decline with: take 300 to 699.")
                         .arg(shown(toStd(text)));
    };
    ask(std::move(question), call, true,
        [this, call](const QString &text) { m_parts.bridge->declineWith(call, codeIn(text)); });
}

void Deeds::redirect()
{
    const engine::CallHandle call = ringing();
    if (!call.valid())
        return;
    Question question{tr("Redirect the caller"),
                      tr("Where shall the caller call instead? A SIP URI")};
    question.missing = tr("Enter whom to call, for example sip:bob@example.com.");
    question.wrong = notAUri;
    ask(std::move(question), call, true,
        [this, call](const QString &target) { m_parts.bridge->redirect(call, toStd(target)); });
}

void Deeds::callLikeThis()
{
    const CallPtr call = m_parts.focus->call();
    const auto invite = call && call->call->invite.valid()
                            ? m_parts.bridge->store().trace().message(call->call->invite)
                            : std::nullopt;
    if (!invite) {
        say(lacking(Need::Invite, m_parts), false);
        return;
    }
    m_parts.dial->fill(desk::callLike(*invite));
    say(tr("The test-call bar is filled from that INVITE. Check whom it would call, then Call."),
        false);
}

} // namespace ui
