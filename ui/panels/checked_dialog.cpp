// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/checked_dialog.h>

#include <algorithm>
#include <QLayout>
#include <ui/text.h>

namespace ui {

CheckedDialog::CheckedDialog(const char *name, QWidget *parent)
    : QDialog(parent), m_problem(plainLabel({}, name, this))
{
    m_problem->setWordWrap(true);
    m_problem->setProperty("problem", true);
    m_problem->hide();
}

void CheckedDialog::done(int result)
{
    const QString wrong = result == QDialog::Accepted ? problem() : QString();
    m_problem->setText(wrong);
    m_problem->setVisible(!wrong.isEmpty());
    if (wrong.isEmpty())
        QDialog::done(result);
    else
        resize(width(), std::max(height(), layout()->totalHeightForWidth(width())));
}

} // namespace ui
