// SPDX-License-Identifier: Apache-2.0
// What can be done to a call while it rings or talks, and making the next one like another's.
#include <ui/deeds.h>

#include <algorithm>
#include <desk/call_text.h>
#include <QInputDialog>
#include <QMainWindow>
#include <QMap>
#include <ui/bridge/desk_bridge.h>
#include <ui/focus.h>
#include <ui/panels/bars.h>
#include <ui/panels/dial_bar.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kLeastCode = 300, kGreatestCode = 699;
constexpr int kLongestDigits = 64;

/// What RFC 4733 section 3.2 names: 0 to 9, *, #, A to D.
bool areDigits(const QString &text)
{
    const QString known = QStringLiteral("0123456789*#ABCDabcd");
    return !text.isEmpty() && text.size() <= kLongestDigits &&
           std::all_of(text.begin(), text.end(), [&](QChar c) { return known.contains(c); });
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

void Deeds::ask(const QString &title, const QString &question, const QString &now,
                std::function<void(const QString &)> then, const QStringList &offered)
{
    auto *dialog = new QInputDialog(m_parts.window);
    dialog->setObjectName(QStringLiteral("ask"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setInputMode(QInputDialog::TextInput);
    dialog->setWindowTitle(title);
    dialog->setLabelText(question);
    if (!offered.isEmpty()) {
        dialog->setComboBoxItems(offered);
        dialog->setComboBoxEditable(true);
    }
    dialog->setTextValue(now);
    dialog->resize(420, dialog->sizeHint().height());
    nameInternals(dialog);
    connect(dialog, &QInputDialog::textValueSelected, this,
            [then = std::move(then)](const QString &text) {
                if (const QString line = text.trimmed(); !line.isEmpty())
                    then(line);
            });
    dialog->open();
}

engine::CallHandle Deeds::talking()
{
    const engine::CallHandle call = m_parts.dial->liveCall();
    if (!call.valid())
        say(tr("No call of yours is under way."), false);
    return call;
}

engine::CallHandle Deeds::ringing()
{
    const engine::CallHandle call = m_parts.incoming->ringing();
    if (!call.valid())
        say(tr("Nobody is calling at the moment."), false);
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
        say(tr("Only an answered call can be held."), false);
    else
        m_parts.bridge->hold(call, !held, byUpdate);
}

void Deeds::sendDigits(bool byEvents)
{
    const engine::CallHandle call = talking();
    if (!call.valid())
        return;
    const QString question =
        byEvents ? tr("Digits to send by telephone events (RFC 4733): 0 to 9, *, #, A to D")
                 : tr("Digits to send by INFO: 0 to 9, *, #, A to D");
    ask(tr("Send digits"), question, {}, [this, call, byEvents](const QString &digits) {
        if (areDigits(digits) && byEvents)
            m_parts.bridge->sendKeys(call, toStd(digits.toUpper()));
        else if (areDigits(digits))
            m_parts.bridge->sendDigits(call, toStd(digits.toUpper()));
        else
            say(tr("\"%1\" cannot be sent: digits are 0 to 9, *, #, A to D, %2 at most.")
                    .arg(shown(toStd(digits)))
                    .arg(kLongestDigits),
                true);
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
    ask(tr("What we send"), tr("noise, tone:440, mic, nothing, or the path of a WAV file"),
        QString::fromStdString(desk::sendingText(now.sending)),
        [this, call](const QString &text) {
            if (const auto sending = desk::sendingNamed(toStd(text)))
                m_parts.bridge->send(call, *sending);
            else
                say(QString::fromStdString(sending.error().sentence), true);
        },
        {QStringLiteral("noise"), QStringLiteral("tone:440"), QStringLiteral("mic"),
         QStringLiteral("nothing")});
}

void Deeds::transfer()
{
    const engine::CallHandle call = talking();
    if (!call.valid())
        return;
    const auto others = otherTalks(m_parts.bridge->store(), call);
    const QString question =
        others.isEmpty() ? tr("Whom shall the other side call instead? A SIP URI")
                         : tr("Whom shall the other side talk to instead? One of your other calls "
                              "(attended), or a SIP URI (blind)");
    ask(
        tr("Transfer the call"), question, {},
        [this, call, others](const QString &target) {
            if (const auto with = others.value(target); with.valid())
                m_parts.bridge->transfer(call, {}, with);
            else if (isSipUri(target))
                m_parts.bridge->transfer(call, toStd(target));
            else
                say(tr("\"%1\" is not a SIP URI. Write it like sip:bob@example.com.")
                        .arg(shown(toStd(target))),
                    true);
        },
        others.keys());
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
    ask(tr("Decline the call"), tr("Final response code, 300 to 699"), QStringLiteral("486"),
        [this, call](const QString &text) {
            const int code = text.toInt();
            if (code >= kLeastCode && code <= kGreatestCode)
                m_parts.bridge->declineWith(call, code);
            else
                say(tr("\"%1\" is no final response code to decline with: take 300 to 699.")
                        .arg(shown(toStd(text))),
                    true);
        });
}

void Deeds::redirect()
{
    const engine::CallHandle call = ringing();
    if (!call.valid())
        return;
    ask(tr("Redirect the caller"), tr("Where shall the caller call instead? A SIP URI"), {},
        [this, call](const QString &target) {
            if (isSipUri(target))
                m_parts.bridge->redirect(call, toStd(target));
            else
                say(tr("\"%1\" is not a SIP URI. Write it like sip:bob@example.com.")
                        .arg(shown(toStd(target))),
                    true);
        });
}

void Deeds::callLikeThis()
{
    const CallPtr call = m_parts.focus->call();
    const auto invite = call && call->call->invite.valid()
                            ? m_parts.bridge->store().trace().message(call->call->invite)
                            : std::nullopt;
    if (!invite) {
        say(tr("Choose a call whose INVITE was seen first; its settings then fill the test-call "
               "bar."),
            false);
        return;
    }
    m_parts.dial->fill(desk::callLike(*invite));
    say(tr("The test-call bar is filled from that INVITE. Check whom it would call, then Call."),
        false);
}

} // namespace ui
