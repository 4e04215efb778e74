// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/call_details.h>

#include <algorithm>
#include <base/endpoint.h>
#include <base/text.h>
#include <desk/call_text.h>
#include <desk/offer.h>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <ui/text.h>

namespace ui {
namespace {

// RFC 4028 section 5: no session timer is shorter.
constexpr int kShortestTimer = 90;
constexpr const char *kEarlyMedia = "P-Early-Media", *kPrivacy = "Privacy", *kAlert = "Alert-Info";

template <class W> W *named(W *widget, const char *name, const QString &spoken)
{
    widget->setObjectName(QString::fromLatin1(name));
    widget->setAccessibleName(spoken);
    widget->setToolTip(plainTip(spoken));
    return widget;
}

QPlainTextEdit *lineField(const char *name, const QString &spoken, const QString &example,
                          QWidget *parent)
{
    auto *edit = named(new QPlainTextEdit(parent), name, spoken);
    edit->setPlaceholderText(example);
    edit->setProperty("field", true);
    edit->setTabChangesFocus(true);
    edit->setFixedHeight(3 * edit->fontMetrics().lineSpacing() + 16);
    return edit;
}

QString joined(const std::vector<std::string> &lines)
{
    QStringList out;
    for (const std::string &line : lines)
        out << QString::fromStdString(line);
    return out.join(QLatin1Char('\n'));
}

bool isSdp(const std::string &body)
{
    return body.compare(0, 3, "v=0") == 0;
}

base::Duration secondsOf(const QDoubleSpinBox &box)
{
    return base::Duration(static_cast<std::int64_t>(box.value() * 1e9));
}

} // namespace

CallDetails::CallDetails(const desk::CallOptions &now, QWidget *parent)
    : CheckedDialog("detailsProblem", parent),
      m_requestUri(named(new QLineEdit(this), "detailsRequestUri",
                         tr("Request-URI, if it is not the target"))),
      m_localAddress(named(new QLineEdit(this), "detailsLocalAddress",
                           tr("Address of this computer for SIP and RTP"))),
      m_privacy(named(new QLineEdit(this), "detailsPrivacy", tr("Privacy (RFC 3323), such as id"))),
      m_alertInfo(named(new QLineEdit(this), "detailsAlertInfo",
                        tr("Alert-Info: how the callee's phone shall ring"))),
      m_bodyType(
          named(new QLineEdit(this), "detailsBodyType", tr("What the body is; SDP needs no type"))),
      m_routes(lineField("detailsRoutes", tr("Route URIs, one per line, in order"),
                         QStringLiteral("sip:edge.example.com;lr"), this)),
      m_headers(lineField("detailsHeaders", tr("More headers of the INVITE, one per line"),
                          QStringLiteral("X-Test: 1"), this)),
      m_body(lineField("detailsBody", tr("Body of the INVITE: beside our SDP, or in place of it"),
                       QStringLiteral("<presence ..."), this)),
      m_lateOffer(named(new QCheckBox(tr("Late offer: INVITE without SDP"), this), "detailsLate",
                        tr("Late offer: the peer makes the offer"))),
      m_earlyMedia(named(new QCheckBox(tr("P-Early-Media: supported (RFC 5009)"), this),
                         "detailsEarlyMedia", tr("P-Early-Media: supported"))),
      m_sessionId(named(new QCheckBox(tr("Session-ID (RFC 7989)"), this), "detailsSessionId",
                        tr("Session-ID"))),
      m_redirects(named(new QCheckBox(tr("Follow redirects (3xx), best first"), this),
                        "detailsRedirects", tr("Follow redirects"))),
      m_numbers(named(new QCheckBox(tr("Allow emergency and premium numbers"), this),
                      "detailsNumbers", tr("Allow emergency and premium numbers"))),
      m_events(named(new QCheckBox(tr("Offer telephone events (RFC 4733)"), this), "detailsEvents",
                     tr("Offer telephone events"))),
      m_rtcpMux(named(new QCheckBox(tr("Offer RTCP on the port of RTP (RFC 5761)"), this),
                      "detailsRtcpMux", tr("Offer rtcp-mux"))),
      m_timer(named(new QSpinBox(this), "detailsTimer", tr("Session timer in seconds (RFC 4028)"))),
      m_hangUp(named(new QDoubleSpinBox(this), "detailsHangUp",
                     tr("Seconds from the answer to our BYE"))),
      m_cancel(named(new QDoubleSpinBox(this), "detailsCancel",
                     tr("Seconds from the INVITE to our CANCEL, where nobody answers"))),
      m_srtp(named(new QComboBox(this), "detailsSrtp",
                   tr("SRTP: encrypted audio, with keys in SDP (RFC 4568) or by DTLS (RFC 5763)"))),
      m_ringback(named(new QComboBox(this), "detailsRingback",
                       tr("Whose ringback a phone makes by itself: a country's two letters, or "
                          "off"))),
      m_sending(named(new QComboBox(this), "detailsSending",
                      tr("What our side sounds like: noise, tone:440, mic, nothing, or the path of "
                         "a WAV file"))),
      m_bodyFile(named(new QPushButton(tr("From a file..."), this), "detailsBodyFile",
                       tr("The body from a file")))
{
    setObjectName(QStringLiteral("callDetails"));
    setWindowTitle(tr("Details of the next calls"));
    auto *buttons = makeButtons();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(16);
    auto *left = new QFormLayout(), *right = new QFormLayout();
    makePlaces(left);
    makeWords(left);
    makeBody(right);
    makeAudio(right);
    makeTimes(right);
    dress();
    auto *columns = new QHBoxLayout();
    columns->setSpacing(24);
    columns->addLayout(left, 1);
    columns->addLayout(right, 1);
    layout->addLayout(columns);
    layout->addStretch(1);
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    nameInternals(this);
    orderTabs({m_requestUri, m_routes,    m_localAddress, m_redirects, m_numbers, m_headers,
               m_privacy,    m_alertInfo, m_earlyMedia,   m_sessionId, m_body,    m_bodyType,
               m_bodyFile,   m_lateOffer, m_srtp,         m_events,    m_rtcpMux, m_ringback,
               m_sending,    m_timer,     m_hangUp,       m_cancel,    buttons});
    connect(m_bodyFile, &QPushButton::clicked, this, &CallDetails::loadBody);
    load(now);
    resize(860, sizeHint().height());
}

QDialogButtonBox *CallDetails::makeButtons()
{
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    auto *keep = new QPushButton(tr("Use them"), this);
    keep->setObjectName(QStringLiteral("detailsKeep"));
    keep->setProperty("accent", true);
    keep->setDefault(true);
    buttons->addButton(keep, QDialogButtonBox::AcceptRole);
    auto *none = buttons->addButton(tr("An ordinary call"), QDialogButtonBox::ResetRole);
    none->setObjectName(QStringLiteral("detailsNone"));
    none->setAutoDefault(false);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(none, &QPushButton::clicked, this, [this] { load({}); });
    return buttons;
}

/// The three headers with a field of their own go there, the others into the list.
void CallDetails::load(const desk::CallOptions &options)
{
    const engine::CallExtras &extras = options.extras;
    m_requestUri->setText(QString::fromStdString(extras.requestUri));
    m_localAddress->setText(QString::fromStdString(extras.localAddress));
    m_routes->setPlainText(joined(extras.routes));
    m_srtp->setCurrentIndex(static_cast<int>(options.srtp));
    m_sending->setEditText(QString::fromStdString(desk::sendingText(options.sending)));
    m_lateOffer->setChecked(options.lateOffer);
    m_sessionId->setChecked(extras.sessionId);
    m_redirects->setChecked(extras.followRedirects);
    m_numbers->setChecked(extras.allowNumber);
    m_timer->setValue(static_cast<int>(extras.sessionExpires));
    m_body->setPlainText(QString::fromStdString(extras.body));
    m_bodyType->setText(QString::fromStdString(extras.bodyType));
    m_events->setChecked(options.events);
    m_rtcpMux->setChecked(options.rtcpMux);
    m_ringback->setEditText(options.ringback.empty() ? tr("off")
                                                     : QString::fromStdString(options.ringback));
    m_hangUp->setValue(base::toSeconds(options.hangUpAfter));
    m_cancel->setValue(base::toSeconds(options.cancelAfter));
    m_earlyMedia->setChecked(false);
    m_privacy->clear();
    m_alertInfo->clear();
    std::vector<std::string> others;
    for (const auto &[name, text] : extras.headers) {
        const QString value = QString::fromStdString(text).trimmed();
        const bool early =
            base::equalsNoCase(name, kEarlyMedia) && value == QLatin1String("supported");
        if (early)
            m_earlyMedia->setChecked(true);
        else if (base::equalsNoCase(name, kPrivacy) && m_privacy->text().isEmpty())
            m_privacy->setText(value);
        else if (base::equalsNoCase(name, kAlert) && m_alertInfo->text().isEmpty())
            m_alertInfo->setText(value);
        else
            others.push_back(name + ": " + toStd(value));
    }
    m_headers->setPlainText(joined(others));
}

void CallDetails::apply(desk::CallOptions &options) const
{
    engine::CallExtras extras;
    extras.requestUri = toStd(m_requestUri->text().trimmed());
    extras.localAddress = toStd(m_localAddress->text().trimmed());
    for (const QString &line : linesOf(m_routes->toPlainText()))
        extras.routes.push_back(toStd(line));
    for (const QString &line : linesOf(m_headers->toPlainText())) {
        if (auto header = desk::headerNamed(toStd(line)))
            extras.headers.push_back(std::move(*header));
    }
    if (m_earlyMedia->isChecked())
        extras.headers.emplace_back(kEarlyMedia, "supported");
    if (const QString privacy = m_privacy->text().trimmed(); !privacy.isEmpty())
        extras.headers.emplace_back(kPrivacy, toStd(privacy));
    if (const QString alert = m_alertInfo->text().trimmed(); !alert.isEmpty())
        extras.headers.emplace_back(kAlert, desk::alertInfo(toStd(alert)));
    extras.sessionId = m_sessionId->isChecked();
    extras.followRedirects = m_redirects->isChecked();
    extras.allowNumber = m_numbers->isChecked();
    extras.sessionExpires = static_cast<std::uint32_t>(m_timer->value());
    options.srtp = static_cast<media::Srtp>(std::clamp(m_srtp->currentIndex(), 0, 3));
    if (const auto sending = desk::sendingNamed(toStd(m_sending->currentText().trimmed())))
        options.sending = *sending;
    options.lateOffer = m_lateOffer->isChecked();
    options.events = m_events->isChecked();
    options.rtcpMux = m_rtcpMux->isChecked();
    options.ringback = country();
    options.hangUpAfter = secondsOf(*m_hangUp);
    options.cancelAfter = secondsOf(*m_cancel);
    extras.body = toStd(m_body->toPlainText().replace(QLatin1Char('\n'), QLatin1String("\r\n")));
    extras.bodyType = toStd(m_bodyType->text().trimmed());
    if (extras.bodyType.empty() && isSdp(extras.body))
        extras.bodyType = "application/sdp";
    options.extras = std::move(extras);
}

void CallDetails::carry(const desk::CallOptions &from, desk::CallOptions &to)
{
    to.lateOffer = from.lateOffer;
    to.srtp = from.srtp;
    to.sending = from.sending;
    to.events = from.events;
    to.rtcpMux = from.rtcpMux;
    to.ringback = from.ringback;
    to.hangUpAfter = from.hangUpAfter;
    to.cancelAfter = from.cancelAfter;
    to.extras = from.extras;
}

/// As desk::CallOptions has it.
std::string CallDetails::country() const
{
    const QString text = m_ringback->currentText().trimmed();
    return text == tr("off") || text.isEmpty() ? std::string() : toStd(text.toUpper());
}

int CallDetails::different(const desk::CallOptions &options)
{
    const engine::CallExtras &extras = options.extras;
    const desk::CallOptions ordinary;
    const std::size_t lists = extras.routes.size() + extras.headers.size();
    const int singles =
        static_cast<int>(!extras.requestUri.empty()) +
        static_cast<int>(!extras.localAddress.empty()) + static_cast<int>(options.lateOffer) +
        static_cast<int>(options.srtp != media::Srtp::Off) +
        static_cast<int>(options.sending != media::Sending()) + static_cast<int>(extras.sessionId) +
        static_cast<int>(extras.followRedirects) + static_cast<int>(extras.allowNumber) +
        static_cast<int>(extras.sessionExpires != 0) + static_cast<int>(!extras.body.empty()) +
        static_cast<int>(options.events != ordinary.events) + static_cast<int>(options.rtcpMux) +
        static_cast<int>(options.ringback != ordinary.ringback) +
        static_cast<int>(options.hangUpAfter.count() > 0) +
        static_cast<int>(options.cancelAfter.count() > 0);
    return static_cast<int>(lists) + singles;
}

QString CallDetails::problem() const
{
    const auto sending = desk::sendingNamed(toStd(m_sending->currentText().trimmed()));
    if (!sending)
        return QString::fromStdString(sending.error().sentence);
    const QString request = m_requestUri->text().trimmed();
    const QStringList routes = linesOf(m_routes->toPlainText());
    const QStringList uris = request.isEmpty() ? routes : QStringList{request} + routes;
    for (const QString &uri : uris) {
        if (!isSipUri(uri))
            return tr("\"%1\" is not a SIP URI. Write it like sip:bob@example.com.")
                .arg(shown(toStd(uri)));
    }
    for (const QString &line : linesOf(m_headers->toPlainText())) {
        if (const auto header = desk::headerNamed(toStd(line)); !header)
            return shown(header.error().sentence);
    }
    const QString local = m_localAddress->text().trimmed();
    if (!local.isEmpty() && !base::Address::parse(toStd(local)))
        return tr("\"%1\" is not an IP address of this computer.").arg(shown(toStd(local)));
    if (m_timer->value() > 0 && m_timer->value() < kShortestTimer)
        return tr("A session timer has at least %1 s (RFC 4028 section 5).").arg(kShortestTimer);
    const QString body = m_body->toPlainText(), type = m_bodyType->text().trimmed();
    if (!body.isEmpty() && type.isEmpty() && !isSdp(toStd(body)))
        return tr("A body that is no SDP needs its type, such as application/pidf+xml.");
    if (body.isEmpty() && !type.isEmpty())
        return tr("A type needs a body.");
    if (const auto ok = desk::checkRingback(country()); !ok)
        return shown(ok.error().sentence);
    return {};
}

} // namespace ui
