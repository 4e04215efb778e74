// SPDX-License-Identifier: Apache-2.0
// How the details of the next calls are grouped.
#include <ui/panels/call_details.h>

#include <desk/offer.h>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kTimerStep = 90, kLongest = 86400; // seconds
constexpr int kLargestBody = 64 * 1024;          // the engine's own limit is lower and says more

} // namespace

void CallDetails::addCaption(QFormLayout *form, const QString &text)
{
    form->setSpacing(8);
    QLabel *caption = plainLabel(text, "detailsCaption", this);
    caption->setProperty("strong", true);
    form->addRow(caption);
}

void CallDetails::makePlaces(QFormLayout *form)
{
    addCaption(form, tr("Where it goes"));
    form->addRow(title(tr("Request-URI"), m_requestUri), m_requestUri);
    form->addRow(title(tr("Routes"), m_routes), m_routes);
    form->addRow(title(tr("Local address"), m_localAddress), m_localAddress);
    form->addRow(QString(), m_redirects);
    form->addRow(QString(), m_numbers);
}

void CallDetails::makeWords(QFormLayout *form)
{
    addCaption(form, tr("What the INVITE says"));
    form->addRow(title(tr("Headers"), m_headers), m_headers);
    form->addRow(title(tr("Privacy"), m_privacy), m_privacy);
    form->addRow(title(tr("Alert-Info"), m_alertInfo), m_alertInfo);
    form->addRow(QString(), m_earlyMedia);
    form->addRow(QString(), m_sessionId);
}

void CallDetails::makeBody(QFormLayout *form)
{
    addCaption(form, tr("A body of one's own"));
    form->addRow(title(tr("Body"), m_body), m_body);
    auto *row = new QHBoxLayout();
    row->addWidget(m_bodyType, 1);
    row->addWidget(m_bodyFile);
    form->addRow(title(tr("Its type"), m_bodyType), row);
}

void CallDetails::makeAudio(QFormLayout *form)
{
    addCaption(form, tr("Offer and audio"));
    form->addRow(QString(), m_lateOffer);
    form->addRow(title(tr("SRTP"), m_srtp), m_srtp);
    form->addRow(QString(), m_events);
    form->addRow(QString(), m_rtcpMux);
    form->addRow(title(tr("Ringback"), m_ringback), m_ringback);
    form->addRow(title(tr("We send"), m_sending), m_sending);
}

void CallDetails::makeTimes(QFormLayout *form)
{
    addCaption(form, tr("How it goes on"));
    form->addRow(title(tr("Session timer"), m_timer), m_timer);
    form->addRow(title(tr("Hang up after"), m_hangUp), m_hangUp);
    form->addRow(title(tr("Cancel after"), m_cancel), m_cancel);
}

void CallDetails::dress()
{
    m_srtp->addItems(
        {tr("off"), tr("offered"), tr("required"), tr("by DTLS")}); // as media::Srtp counts
    m_sending->setEditable(true);
    m_sending->addItems({QStringLiteral("noise"), QStringLiteral("tone:440"), QStringLiteral("mic"),
                         QStringLiteral("nothing")});
    m_requestUri->setPlaceholderText(tr("the target"));
    m_localAddress->setPlaceholderText(tr("by route"));
    m_privacy->setPlaceholderText(tr("none"));
    m_alertInfo->setPlaceholderText(tr("none"));
    m_bodyType->setPlaceholderText(QStringLiteral("application/pidf+xml"));
    m_bodyFile->setAutoDefault(false);
    for (QAbstractSpinBox *box :
         {static_cast<QAbstractSpinBox *>(m_timer), static_cast<QAbstractSpinBox *>(m_hangUp),
          static_cast<QAbstractSpinBox *>(m_cancel)})
        box->setButtonSymbols(QAbstractSpinBox::NoButtons); // digits are typed, arrow keys work
    m_timer->setRange(0, kLongest);
    m_timer->setSingleStep(kTimerStep);
    m_timer->setSpecialValueText(tr("off"));
    m_timer->setSuffix(tr(" s"));
    for (QDoubleSpinBox *box : {m_hangUp, m_cancel}) {
        box->setRange(0, kLongest);
        box->setSpecialValueText(tr("by hand"));
        box->setSuffix(tr(" s"));
    }
    m_ringback->setEditable(true);
    m_ringback->setInsertPolicy(QComboBox::NoInsert);
    m_ringback->addItem(tr("off"));
    for (const std::string &country : desk::ringbackCountries())
        m_ringback->addItem(QString::fromStdString(country));
}

void CallDetails::loadBody()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("Body of the INVITE"));
    if (path.isEmpty())
        return;
    QFile file(path);
    const bool open = file.open(QIODevice::ReadOnly);
    const QByteArray bytes = open ? file.read(kLargestBody + 1) : QByteArray();
    const bool text = QString::fromUtf8(bytes).toUtf8() == bytes && !bytes.contains('\0');
    QString wrong;
    if (!open)
        wrong = tr("%1 cannot be read: %2.").arg(shown(toStd(path)), file.errorString());
    else if (bytes.size() > kLargestBody || !text)
        wrong = tr("%1 is no text of at most %2 bytes; earshot call --body sends any.")
                    .arg(shown(toStd(path)))
                    .arg(kLargestBody);
    else
        m_body->setPlainText(QString::fromUtf8(bytes));
    m_problem->setText(wrong);
    m_problem->setVisible(!wrong.isEmpty());
}

QLabel *CallDetails::title(const QString &text, QWidget *buddy)
{
    QLabel *label = plainLabel(text, "detailsLabel", this);
    label->setBuddy(buddy);
    return label;
}

} // namespace ui
