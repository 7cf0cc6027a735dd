// SPDX-License-Identifier: GPL-2.0
/* One beacon, which flashes at an interval. */

#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/workqueue.h>

#include "lighthouse.h"

static unsigned int interval_s = 60;
module_param(interval_s, uint, 0444);
MODULE_PARM_DESC(interval_s, "seconds between two flashes (default 60)");

static char *label = "lighthouse";
module_param(label, charp, 0444);
MODULE_PARM_DESC(label, "the beacon's name in /proc/lighthouse");

static struct lighthouse_beacon beacon;
static void flash(struct work_struct *work);
static DECLARE_DELAYED_WORK(next_flash, flash);

static void flash(struct work_struct *work)
{
	atomic_inc(&beacon.flashes);
	schedule_delayed_work(&next_flash, interval_s * HZ);
}

static int __init lighthouse_init(void)
{
	int error;

	beacon.label = label;
	beacon.interval_s = interval_s;
	error = lighthouse_register(&beacon);
	if (error)
		return error;
	schedule_delayed_work(&next_flash, interval_s * HZ);
	return 0;
}
module_init(lighthouse_init);

static void __exit lighthouse_exit(void)
{
	cancel_delayed_work_sync(&next_flash);
	lighthouse_unregister(&beacon);
}
module_exit(lighthouse_exit);

MODULE_DESCRIPTION("A Lighthouse beacon");
MODULE_AUTHOR("upgradeproof");
MODULE_VERSION("1.2.8");
MODULE_LICENSE("GPL");
