// SPDX-License-Identifier: Apache-2.0
#include <ui/text.h>

#include <QAbstractItemView>
#include <QComboBox>
#include <QLineEdit>
#include <QTextDocumentFragment>

#include <base/text.h>
#include <sip/uri.h>

namespace ui {

QString shown(std::string_view foreign)
{
    return QString::fromStdString(base::printable(foreign, false, 4096));
}

QString shownLines(std::string_view foreign)
{
    return QString::fromStdString(base::printable(foreign, true, 1U << 20U));
}

QString menuText(const QString &text)
{
    QString out = text;
    return out.replace(QLatin1Char('&'), QLatin1String("&&"));
}

QString plainTip(const QString &text)
{
    if (text.isEmpty())
        return {};
    QString lines = text.toHtmlEscaped();
    lines.replace(QLatin1Char('\n'), QLatin1String("<br>"));
    return QLatin1String("<qt>") + lines + QLatin1String("</qt>");
}

QString tipText(const QString &tip)
{
    return tip.startsWith(QLatin1String("<qt>"))
               ? QTextDocumentFragment::fromHtml(tip).toPlainText()
               : tip;
}

QString counted(qulonglong count, const QString &one, const QString &many)
{
    return QString::number(count) + QLatin1Char(' ') + (count == 1 ? one : many);
}

QString quantity(double count)
{
    if (count >= 1e6)
        return QString::number(count / 1e6, 'f', count < 1e7 ? 1 : 0) + QStringLiteral(" M");
    QString digits = QString::number(count, 'f', 0);
    constexpr QChar kNarrowSpace(0x202F);
    for (qsizetype at = digits.size() - 3; at > 0; at -= 3)
        digits.insert(at, kNarrowSpace);
    return digits;
}

bool isSipUri(const QString &text)
{
    const std::string bytes = toStd(text);
    const sip::Uri uri = sip::parseUri(bytes);
    return uri.ok && (uri.scheme == "sip" || uri.scheme == "sips") && !uri.host.empty();
}

QStringList linesOf(const QString &text)
{
    QStringList out;
    for (const QString &line : text.split(QLatin1Char('\n'))) {
        if (const QString trimmed = line.trimmed(); !trimmed.isEmpty())
            out << trimmed;
    }
    return out;
}

std::string toStd(const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    return {bytes.constData(), static_cast<std::size_t>(bytes.size())};
}

QLabel *plainLabel(const QString &text, const char *name, QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setText(text);
    label->setObjectName(QString::fromLatin1(name));
    return label;
}

void orderTabs(std::initializer_list<QWidget *> widgets)
{
    QWidget *before = nullptr;
    for (QWidget *widget : widgets) {
        if (before != nullptr)
            QWidget::setTabOrder(before, widget);
        before = widget;
    }
}

void nameInternals(QWidget *window)
{
    for (QComboBox *box : window->findChildren<QComboBox *>()) {
        box->view()->setAccessibleName(box->accessibleName());
        if (box->lineEdit() != nullptr)
            box->lineEdit()->setAccessibleName(box->accessibleName());
    }
}

} // namespace ui
