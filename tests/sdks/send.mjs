// Makes one call of each kind with the real SDK: node send.mjs <host> <write key>. Prints the ids of its messages.
import { Analytics } from "@segment/analytics-node";

const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey, flushAt: 4 });
const failures = [];
analytics.on("error", (error) => failures.push(error));

const user = { userId: "user-17" };
const ids = [];
const id = (name) => (ids.push(`node-${name}`), { messageId: `node-${name}` });

analytics.identify({ ...user, ...id("identify"), traits: { email: "ada.okafor@example.com", plan: "gold" } });
analytics.track({ ...user, ...id("track"), event: "Product Viewed", properties: { product_id: "8001", price: 14.5 } });
analytics.page({ anonymousId: "anon-1", ...id("page"), name: "Home", properties: { url: "https://shop.example.com/?x=1" } });
analytics.screen({ ...user, ...id("screen"), name: "Basket" });
analytics.group({ ...user, ...id("group"), groupId: "club-1", traits: { name: "Tea club" } });
analytics.alias({ ...user, ...id("alias"), previousId: "anon-1" });
for (let number = 0; number < 20; number++) {
  analytics.track({ ...user, ...id(`many-${number}`), event: "Song Played", properties: { title: "Zoë – 👩‍🚀" } });
}

await analytics.closeAndFlush();
if (failures.length > 0) {
  console.error(failures.map((failure) => `${failure.code}: ${failure.reason}`).join("\n"));
  process.exit(1);
}
console.log(JSON.stringify(ids));
