// Generated from the catalogue in package event by "go generate ./event". Do not edit.

/** A time as RFC 3339 text. */
export type Time = string

/** Who made an event. */
export type Source = "twitch" | "obs" | "audio" | "ai" | "ironmon" | "music" | "system" | "operator"

/** What sort of event it is, for search. */
export type Kind = "speech" | "chat" | "event"

/** How a part of the program is. */
export type State = "starting" | "running" | "waiting" | "degraded" | "failed" | "stopped"

/** The width of a bucket. */
export type Step = "minute" | "hour" | "day" | "stream"

export type Flag = "test" | "replay" | "backfill"

/** What every event has; the members of its type stand at the same level. */
export interface Core<T extends string = string> {
  id: string
  /** Its place in the one order of events, as decimal text: it has more bits than a number. */
  seq?: string
  type: T
  /** When it happened at its source. */
  timestamp: Time
  /** The id of the event or the connection that began the chain. */
  correlation_id: string
  source: Source
  /** Which one of the source: a microphone, an OBS host, a channel. */
  source_id: string
  /** How upstream spells the type. */
  raw_type: string
  flags?: Flag[]
}

/** An event of any type, also of one that this file does not know. */
export interface AnyEvent extends Core {
  [field: string]: unknown
}

/** Broadcaster is whose channel something happened in. */
export interface Broadcaster {
  broadcaster_user_id: string
  broadcaster_user_login: string
  broadcaster_user_name: string
}

/** User is who did something on Twitch. */
export interface User {
  user_id: string
  user_login: string
  user_name: string
}

/** MaybeUser is a User who may be anonymous: then all three are null. */
export interface MaybeUser {
  user_id: string | null
  user_login: string | null
  user_name: string | null
}

/** EmoteSpan says where in a text an emote stands; both ends are inclusive. */
export interface EmoteSpan {
  begin: number
  end: number
  id: string
}

/** Fragment is a piece of a message: plain text, an emote, a cheermote or a mention, by its type. */
export interface Fragment {
  type: string
  text: string
  cheermote?: Cheermote
  emote?: FragmentEmote
  mention?: Mention
}

/** Cheermote is the cheermote of a fragment. */
export interface Cheermote {
  prefix: string
  bits: number
  tier: number
}

/** FragmentEmote is the emote of a fragment. */
export interface FragmentEmote {
  id: string
  emote_set_id?: string
  owner_id?: string
  format?: string[]
}

/** Mention is who a fragment mentions. */
export interface Mention {
  user_id: string
  user_login: string
  user_name: string
}

/** FromBroadcaster is the other channel, from which something came. */
export interface FromBroadcaster {
  from_broadcaster_user_id: string
  from_broadcaster_user_login: string
  from_broadcaster_user_name: string
}

/** ToBroadcaster is the channel to which something went. */
export interface ToBroadcaster {
  to_broadcaster_user_id: string
  to_broadcaster_user_login: string
  to_broadcaster_user_name: string
}

/** Emote is one use of an emote in a message. */
export interface Emote {
  id: string
  name: string
}

/** Badge is one badge beside a name. */
export interface Badge {
  set_id: string
  id: string
  info: string
}

/** Target is to whom something was done. */
export interface Target {
  target_user_id: string
  target_user_login: string
  target_user_name: string
}

/** NoticeSub is a new subscription. */
export interface NoticeSub {
  sub_tier: string
  is_prime: boolean
  duration_months: number
}

/** NoticeResub is a subscription that goes on. */
export interface NoticeResub {
  cumulative_months: number
  duration_months: number
  streak_months: number | null
  sub_tier: string
  is_prime: boolean
  is_gift: boolean
  gifter_is_anonymous: boolean | null
  gifter_user_id: string | null
  gifter_user_login: string | null
  gifter_user_name: string | null
}

/** NoticeSubGift is a subscription given to one chatter. */
export interface NoticeSubGift {
  duration_months: number
  cumulative_total: number | null
  recipient_user_id: string
  recipient_user_login: string
  recipient_user_name: string
  sub_tier: string
  community_gift_id: string | null
}

/** NoticeCommunitySubGift is subscriptions given to the channel at large. */
export interface NoticeCommunitySubGift {
  id: string
  total: number
  sub_tier: string
  cumulative_total: number | null
}

/** NoticeGifter is whose gift is being paid on or passed on. */
export interface NoticeGifter {
  gifter_is_anonymous: boolean
  gifter_user_id: string | null
  gifter_user_login: string | null
  gifter_user_name: string | null
}

/** NoticePrimePaidUpgrade is a Prime subscription that becomes a paid one. */
export interface NoticePrimePaidUpgrade {
  sub_tier: string
}

/** NoticeRaid is a raid as chat sees it. */
export interface NoticeRaid {
  user_id: string
  user_login: string
  user_name: string
  viewer_count: number
  profile_image_url: string
}

/** NoticeAnnouncement is an announcement's colour. */
export interface NoticeAnnouncement {
  color: string
}

/** NoticeBitsBadgeTier is the badge that was reached. */
export interface NoticeBitsBadgeTier {
  tier: number
}

/** NoticeCharityDonation is a donation as chat sees it. */
export interface NoticeCharityDonation {
  charity_name: string
  amount: Amount
}

/** Amount is money: value 1234 with two decimal places is 12.34. */
export interface Amount {
  value: number
  decimal_places: number
  currency: string
}

/** NoticeWatchStreak is how many streams in a row somebody has watched. */
export interface NoticeWatchStreak {
  streak_count: number
  channel_points_awarded: number
}

/** SharedChat is what the events of a shared chat have in common. */
export interface SharedChat extends Broadcaster {
  session_id: string
  host_broadcaster_user_id: string
  host_broadcaster_user_login: string
  host_broadcaster_user_name: string
}

/** CustomReward is a channel-point reward of the channel's own. */
export interface CustomReward extends Broadcaster {
  reward_id: string
  is_enabled: boolean
  is_paused: boolean
  is_in_stock: boolean
  title: string
  cost: number
  prompt: string
}

/** Redemption is a reward that somebody redeemed. status is unfulfilled, fulfilled, canceled or unknown. */
export interface Redemption extends User, Broadcaster {
  redemption_id: string
  user_input: string
  status: string
  reward: Reward
  redeemed_at: Time
}

/** Reward is what was redeemed. */
export interface Reward {
  id: string
  title: string
  cost: number
  prompt: string
}

/** AutomaticReward is one of Twitch's own rewards. */
export interface AutomaticReward {
  type: string
  channel_points: number
  emote?: Emote
}

/** Poll is what the events of a poll have in common. */
export interface Poll extends Broadcaster {
  poll_id: string
  title: string
  choices: PollChoice[]
  bits_voting_enabled: boolean
  bits_per_vote: number
  channel_points_voting_enabled: boolean
  channel_points_per_vote: number
  started_at: Time
}

/** PollChoice is one choice of a poll. A poll that begins has no votes yet. */
export interface PollChoice {
  id: string
  title: string
  votes: number
  bits_votes: number
  channel_points_votes: number
}

/** Prediction is what the events of a prediction have in common. */
export interface Prediction extends Broadcaster {
  prediction_id: string
  title: string
  outcomes: Outcome[]
  started_at: Time
}

/** Outcome is one outcome of a prediction. */
export interface Outcome {
  id: string
  title: string
  color: string
  users: number
  channel_points: number
  top_predictors: Predictor[]
}

/** Predictor is somebody who staked much; what they won is null until the end. */
export interface Predictor extends User {
  channel_points_used: number
  channel_points_won: number | null
}

/** RunningTrain is a hype train under way. */
export interface RunningTrain extends HypeTrain {
  progress: number
  goal: number
  last_contribution?: Contribution
  expires_at: Time
  all_time_high_level?: number
  all_time_high_total?: number
}

/** HypeTrain is what the events of a hype train have in common. */
export interface HypeTrain extends Broadcaster {
  hype_train_id: string
  train_type?: string
  total: number
  top_contributions: Contribution[]
  level: number
  started_at: Time
  is_shared_train: boolean
  shared_train_participants?: Broadcaster[]
}

/** Contribution is what one person gave to a hype train. */
export interface Contribution extends User {
  type: string
  total: number
}

/** Goal is what the events of a creator goal have in common. goal_type is follower, subscription, new_subscription and the like. */
export interface Goal extends Broadcaster {
  goal_id: string
  goal_type: string
  description: string
  current_amount: number
  target_amount: number
  started_at: Time
}

/** Charity is what the events of a campaign have in common. It may have no target. */
export interface Charity extends Broadcaster {
  campaign_id: string
  charity_name: string
  current_amount: Amount
  target_amount: Amount | null
}

/** Moderator is who moderated. */
export interface Moderator {
  moderator_user_id: string
  moderator_user_login: string
  moderator_user_name: string
}

/** OBSSession says which connection to OBS an event came over. */
export interface OBSSession {
  session_id: string
}

/** OBSScene is one scene of the list, the topmost with the highest index. */
export interface OBSScene {
  scene_name: string
  scene_uuid?: string
  scene_index: number
}

/** OBSSceneItem is one item of a scene, the topmost with the highest index. */
export interface OBSSceneItem {
  scene_item_id: number
  scene_item_index: number
}

/** OBSFilter is one filter of a source. */
export interface OBSFilter {
  filter_name: string
  filter_index: number
}

/** Transcript is what a recogniser heard, in the fields that partial and final have in common. */
export interface Transcript {
  /** segment_id is the same for all partials of an utterance and its final. */
  segment_id?: string
  stream_session_id: string
  text: string
  /** seconds */
  duration: number
  confidence: number | null
  is_final: boolean
  /** is_revision marks a final that takes the place of one with the same segment id. */
  is_revision: boolean
  /** stable_words is how many words of a partial, from its first, will not change before the final. */
  stable_words?: number
  /** words have their times, in seconds from the event's; absent where the engine gives none. */
  words?: TranscriptWord[]
  /** raw_text is what the recogniser wrote where replacements or the mask changed it. */
  raw_text?: string
  /** continues marks a final that goes on with the sentence of the one before from its source: it began within 700 ms of it, which ended without a full stop. Both read as one line. */
  continues?: boolean
  /** late marks a final that was recognised after the engine had been away. */
  late?: boolean
  /** latency is what the utterance went through on its way. */
  latency?: TranscriptLatency
  source_name?: string
  language?: string
  model?: string
  metadata?: Record<string, unknown>
}

/** TranscriptWord is one word of a transcript. */
export interface TranscriptWord {
  text: string
  start: number
  end: number
}

/** TranscriptLatency traces an utterance, in milliseconds after its voice ended. */
export interface TranscriptLatency {
  engine_start_ms: number
  engine_end_ms: number
  published_ms: number
}

/** Station is one of Rainwave's. */
export interface Station {
  station_id: number
  station_name: string
}

/** Song is what a station plays, left out when the owner does not listen. length is in seconds, start and end in seconds since 1970, as Rainwave has them. */
export interface Song {
  song_id?: number
  song_title?: string
  artist?: string
  album?: string
  length?: number
  start_time?: number
  end_time?: number
  url?: string
  album_art?: string
}

/** Game is a category of Twitch. */
export interface Game {
  id: string
  name: string
}

/** GoalState is how far one goal is. */
export interface GoalState {
  current: number
  target: number
  description: string
  percentage: number
}

/** The broadcast has begun, says Twitch. */
export interface StreamOnline extends Core<"stream.online">, Broadcaster {
  stream_id: string
  stream_type: string
  started_at: Time
}

/** The broadcast has ended, says Twitch. */
export interface StreamOffline extends Core<"stream.offline">, Broadcaster {}

/** Title, language, category or labels of the channel were changed. */
export interface ChannelUpdate extends Core<"channel.update">, Broadcaster {
  title: string
  language: string
  category_id: string
  category_name: string
  content_classification_labels: string[]
}

/** Somebody follows the channel. */
export interface ChannelFollow extends Core<"channel.follow">, User, Broadcaster {
  followed_at: Time
}

/** Somebody has a new subscription. */
export interface ChannelSubscribe extends Core<"channel.subscribe">, User, Broadcaster {
  tier: string
  is_gift: boolean
}

/** A subscription has run out. */
export interface ChannelSubscriptionEnd extends Core<"channel.subscription.end">, User, Broadcaster {
  tier: string
  is_gift: boolean
}

/** Somebody gives subscriptions to others. */
export interface ChannelSubscriptionGift extends Core<"channel.subscription.gift">, MaybeUser, Broadcaster {
  tier: string
  total: number
  cumulative_total: number | null
  is_anonymous: boolean
}

/** A subscriber shares how long they have been one. */
export interface ChannelSubscriptionMessage extends Core<"channel.subscription.message">, User, Broadcaster {
  tier: string
  message: string
  emotes: EmoteSpan[]
  cumulative_months: number
  streak_months: number | null
  duration_months: number
}

/** Somebody cheers with bits. */
export interface ChannelCheer extends Core<"channel.cheer">, MaybeUser, Broadcaster {
  is_anonymous: boolean
  bits: number
  message: string
}

/** Somebody spends bits on anything; a cheer comes as channel.cheer, too. */
export interface ChannelBitsUse extends Core<"channel.bits.use">, User, Broadcaster {
  bits: number
  bits_type: string
  power_up?: unknown
  message: string
  fragments: Fragment[]
}

/** Another channel raids this one. */
export interface ChannelRaid extends Core<"channel.raid">, FromBroadcaster, ToBroadcaster {
  viewers: number
}

/** A line of chat. */
export interface ChannelChatMessage extends Core<"channel.chat.message">, User, Broadcaster {
  message_id: string
  message: string
  fragments: Fragment[]
  /** emotes are the emotes in it, in order, without the channel's own, which are native_emotes. */
  emotes: Emote[]
  native_emotes: Emote[]
  color: string
  badges: Badge[]
  message_type: string
  cheer_bits?: number
  reply_parent_message_id?: string
  reply_parent_user_id?: string
  reply_parent_user_login?: string
  reply_parent_user_name?: string
  reply_parent_message_body?: string
  reply_thread_message_id?: string
  reply_thread_user_id?: string
  reply_thread_user_login?: string
  reply_thread_user_name?: string
  channel_points_custom_reward_id?: string
  source_broadcaster_user_id?: string
  source_broadcaster_user_login?: string
  source_broadcaster_user_name?: string
  source_message_id?: string
  source_badges?: Badge[]
  is_source_only?: boolean
}

/** A line of chat was deleted. */
export interface ChannelChatMessageDelete extends Core<"channel.chat.message_delete">, Broadcaster, Target {
  message_id: string
}

/** All lines of one chatter were deleted. */
export interface ChannelChatClearUserMessages extends Core<"channel.chat.clear_user_messages">, Broadcaster, Target {}

/** All of chat was cleared. */
export interface ChannelChatClear extends Core<"channel.chat.clear">, Broadcaster {}

/** A notice in chat: subscriptions, raids, announcements and the like, as chat shows them. */
export interface ChannelChatNotification extends Core<"channel.chat.notification">, Broadcaster {
  chatter_user_id: string | null
  chatter_user_login: string | null
  chatter_user_name: string | null
  chatter_is_anonymous: boolean
  notice_type: string
  system_message: string
  message_id: string
  message: string
  fragments: Fragment[]
  color: string
  badges: Badge[]
  sub?: NoticeSub
  resub?: NoticeResub
  sub_gift?: NoticeSubGift
  community_sub_gift?: NoticeCommunitySubGift
  gift_paid_upgrade?: NoticeGifter
  prime_paid_upgrade?: NoticePrimePaidUpgrade
  pay_it_forward?: NoticeGifter
  raid?: NoticeRaid
  unraid?: Record<string, never>
  announcement?: NoticeAnnouncement
  bits_badge_tier?: NoticeBitsBadgeTier
  charity_donation?: NoticeCharityDonation
  watch_streak?: NoticeWatchStreak
  shared_chat_sub?: NoticeSub
  shared_chat_resub?: NoticeResub
  shared_chat_sub_gift?: NoticeSubGift
  shared_chat_community_sub_gift?: NoticeCommunitySubGift
  shared_chat_gift_paid_upgrade?: NoticeGifter
  shared_chat_prime_paid_upgrade?: NoticePrimePaidUpgrade
  shared_chat_pay_it_forward?: NoticeGifter
  shared_chat_raid?: NoticeRaid
  shared_chat_announcement?: NoticeAnnouncement
}

/** Chat is restricted in another way. */
export interface ChannelChatSettingsUpdate extends Core<"channel.chat_settings.update">, Broadcaster {
  emote_mode: boolean
  follower_mode: boolean
  follower_mode_duration_minutes: number | null
  slow_mode: boolean
  slow_mode_wait_time_seconds: number | null
  subscriber_mode: boolean
  unique_chat_mode: boolean
}

/** The channel enters a shared chat. */
export interface ChannelSharedChatBegin extends Core<"channel.shared_chat.begin">, SharedChat {
  participants: Broadcaster[]
}

/** Other channels share the chat. */
export interface ChannelSharedChatUpdate extends Core<"channel.shared_chat.update">, SharedChat {
  participants: Broadcaster[]
}

/** The channel leaves a shared chat. */
export interface ChannelSharedChatEnd extends Core<"channel.shared_chat.end">, SharedChat {}

/** A channel-point reward was made. */
export interface ChannelPointsCustomRewardAdd extends Core<"channel.channel_points_custom_reward.add">, CustomReward {}

/** A channel-point reward was changed. */
export interface ChannelPointsCustomRewardUpdate extends Core<"channel.channel_points_custom_reward.update">, CustomReward {}

/** A channel-point reward was removed. */
export interface ChannelPointsCustomRewardRemove extends Core<"channel.channel_points_custom_reward.remove">, CustomReward {}

/** Somebody redeems a channel-point reward. */
export interface ChannelPointsCustomRewardRedemptionAdd extends Core<"channel.channel_points_custom_reward_redemption.add">, Redemption {}

/** A redemption was fulfilled or cancelled. */
export interface ChannelPointsCustomRewardRedemptionUpdate extends Core<"channel.channel_points_custom_reward_redemption.update">, Redemption {}

/** Somebody redeems one of Twitch's own rewards. */
export interface ChannelPointsAutomaticRewardRedemptionAdd extends Core<"channel.channel_points_automatic_reward_redemption.add">, User, Broadcaster {
  redemption_id: string
  reward: AutomaticReward
  message: string
  fragments: Fragment[]
  redeemed_at: Time
}

/** A poll opens. */
export interface ChannelPollBegin extends Core<"channel.poll.begin">, Poll {
  ends_at: Time
}

/** A poll has new votes. */
export interface ChannelPollProgress extends Core<"channel.poll.progress">, Poll {
  ends_at: Time
}

/** A poll has closed. */
export interface ChannelPollEnd extends Core<"channel.poll.end">, Poll {
  ended_at: Time
  status: string
}

/** A prediction opens. */
export interface ChannelPredictionBegin extends Core<"channel.prediction.begin">, Prediction {
  locks_at: Time
}

/** A prediction has new stakes. */
export interface ChannelPredictionProgress extends Core<"channel.prediction.progress">, Prediction {
  locks_at: Time
}

/** A prediction takes no more stakes. */
export interface ChannelPredictionLock extends Core<"channel.prediction.lock">, Prediction {
  locked_at: Time
}

/** A prediction is resolved or cancelled. */
export interface ChannelPredictionEnd extends Core<"channel.prediction.end">, Prediction {
  ended_at: Time
  winning_outcome_id: string | null
  status: string
}

/** A hype train sets off. */
export interface ChannelHypeTrainBegin extends Core<"channel.hype_train.begin">, RunningTrain {}

/** A hype train goes on. */
export interface ChannelHypeTrainProgress extends Core<"channel.hype_train.progress">, RunningTrain {}

/** A hype train has arrived. */
export interface ChannelHypeTrainEnd extends Core<"channel.hype_train.end">, HypeTrain {
  ended_at: Time
  cooldown_ends_at: Time
}

/** A creator goal begins. */
export interface ChannelGoalBegin extends Core<"channel.goal.begin">, Goal {}

/** A creator goal comes nearer, or recedes. */
export interface ChannelGoalProgress extends Core<"channel.goal.progress">, Goal {}

/** A creator goal ends, reached or not. */
export interface ChannelGoalEnd extends Core<"channel.goal.end">, Goal {
  is_achieved: boolean
  ended_at: Time
}

/** A charity campaign begins. */
export interface ChannelCharityCampaignStart extends Core<"channel.charity_campaign.start">, Charity {
  started_at: Time
}

/** Somebody donates to the charity campaign. */
export interface ChannelCharityCampaignDonate extends Core<"channel.charity_campaign.donate">, User, Broadcaster {
  donation_id: string
  campaign_id: string
  charity_name: string
  amount: Amount
}

/** The charity campaign has more. */
export interface ChannelCharityCampaignProgress extends Core<"channel.charity_campaign.progress">, Charity {}

/** The charity campaign ends. */
export interface ChannelCharityCampaignStop extends Core<"channel.charity_campaign.stop">, Charity {
  stopped_at: Time
}

/** The channel gives a shoutout. */
export interface ChannelShoutoutCreate extends Core<"channel.shoutout.create">, Broadcaster, Moderator, ToBroadcaster {
  viewer_count: number
  started_at: Time
  cooldown_ends_at: Time
  target_cooldown_ends_at: Time
}

/** The channel is given a shoutout. */
export interface ChannelShoutoutReceive extends Core<"channel.shoutout.receive">, Broadcaster, FromBroadcaster {
  viewer_count: number
  started_at: Time
}

/** Somebody becomes a VIP. */
export interface ChannelVIPAdd extends Core<"channel.vip.add">, User, Broadcaster {}

/** Somebody is no longer a VIP. */
export interface ChannelVIPRemove extends Core<"channel.vip.remove">, User, Broadcaster {}

/** Somebody becomes a moderator. */
export interface ChannelModeratorAdd extends Core<"channel.moderator.add">, User, Broadcaster {}

/** Somebody is no longer a moderator. */
export interface ChannelModeratorRemove extends Core<"channel.moderator.remove">, User, Broadcaster {}

/** Somebody is banned or timed out. */
export interface ChannelBan extends Core<"channel.ban">, User, Broadcaster, Moderator {
  reason: string
  banned_at: Time
  ends_at: Time | null
  is_permanent: boolean
}

/** A ban or time-out is lifted. */
export interface ChannelUnban extends Core<"channel.unban">, User, Broadcaster, Moderator {}

/** Somebody asks to be unbanned. */
export interface ChannelUnbanRequestCreate extends Core<"channel.unban_request.create">, User, Broadcaster {
  unban_request_id: string
  text: string
  created_at: Time
}

/** A request to be unbanned is answered. */
export interface ChannelUnbanRequestResolve extends Core<"channel.unban_request.resolve">, User, Broadcaster, Moderator {
  unban_request_id: string
  resolution_text: string
  status: string
}

/** Shield mode goes on. */
export interface ChannelShieldModeBegin extends Core<"channel.shield_mode.begin">, Broadcaster, Moderator {
  started_at: Time
}

/** Shield mode goes off. */
export interface ChannelShieldModeEnd extends Core<"channel.shield_mode.end">, Broadcaster, Moderator {
  ended_at: Time
}

/** An ad break begins. */
export interface ChannelAdBreakBegin extends Core<"channel.ad_break.begin">, Broadcaster {
  duration_seconds: number
  is_automatic: boolean
  started_at: Time
  requester_user_id: string
  requester_user_login: string
  requester_user_name: string
}

/** The owner's account was changed. */
export interface UserUpdate extends Core<"user.update">, User {
  email?: string
  email_verified: boolean
  description: string
}

/** A private message to the owner; reserved, nothing subscribes to it. */
export interface UserWhisperMessage extends Core<"user.whisper.message">, User {
  to_user_id: string
  to_user_login: string
  to_user_name: string
  whisper_id: string
  message: string
}

/** The link to Twitch's EventSub changed its state. */
export interface TwitchServiceStatus extends Core<"twitch.service_status"> {
  service_name: string
  connected: boolean
  connection_state: string
  session_id: string | null
  last_connected: Time | null
  last_error: string | null
  subscription_count: number
  websocket_url: string | null
}

/** How many watch the broadcast, once a minute while it is live. */
export interface TwitchViewerSample extends Core<"twitch.viewer_sample"> {
  stream_id: string
  viewers: number
  title: string
  category_id: string
  category_name: string
}

/** Landale has reached OBS and knows its state. */
export interface OBSConnectionEstablished extends Core<"obs.connection_established">, OBSSession {
  connection_state: string
  websocket_version: string
  rpc_version: number
  authentication: boolean
}

/** The link to OBS is gone. */
export interface OBSConnectionLost extends Core<"obs.connection_lost">, OBSSession {
  connection_state: string
  reason: string
  reconnecting: boolean
}

/** OBS is shutting down. */
export interface OBSExitStarted extends Core<"obs.exit_started">, OBSSession {}

/** Another scene is on air. */
export interface OBSCurrentProgramSceneChanged extends Core<"obs.current_program_scene_changed">, OBSSession {
  scene_name: string
  scene_uuid?: string
  previous_scene: string
}

/** Another scene is in the preview. */
export interface OBSCurrentPreviewSceneChanged extends Core<"obs.current_preview_scene_changed">, OBSSession {
  scene_name: string
  scene_uuid?: string
}

/** A scene was made. */
export interface OBSSceneCreated extends Core<"obs.scene_created">, OBSSession {
  scene_name: string
  scene_uuid?: string
  is_group: boolean
}

/** A scene was removed. */
export interface OBSSceneRemoved extends Core<"obs.scene_removed">, OBSSession {
  scene_name: string
  scene_uuid?: string
  is_group: boolean
}

/** A scene was renamed. */
export interface OBSSceneNameChanged extends Core<"obs.scene_name_changed">, OBSSession {
  scene_uuid?: string
  old_scene_name: string
  scene_name: string
}

/** The list of scenes changed. */
export interface OBSSceneListChanged extends Core<"obs.scene_list_changed">, OBSSession {
  scenes: OBSScene[]
}

/** The stream starts, runs, stops or has stopped. */
export interface OBSStreamStateChanged extends Core<"obs.stream_state_changed">, OBSSession {
  output_active: boolean
  output_state: string
  stream_status: "active" | "inactive"
}

/** The recording starts, runs, pauses, stops or has stopped. */
export interface OBSRecordStateChanged extends Core<"obs.record_state_changed">, OBSSession {
  output_active: boolean
  output_state: string
  recording_status: string
  output_path?: string
}

/** The recording goes on in another file. */
export interface OBSRecordFileChanged extends Core<"obs.record_file_changed">, OBSSession {
  new_output_path: string
}

/** The replay buffer starts, runs, stops or has stopped. */
export interface OBSReplayBufferStateChanged extends Core<"obs.replay_buffer_state_changed">, OBSSession {
  output_active: boolean
  output_state: string
}

/** A replay was saved. */
export interface OBSReplayBufferSaved extends Core<"obs.replay_buffer_saved">, OBSSession {
  saved_replay_path: string
}

/** The virtual camera starts, runs, stops or has stopped. */
export interface OBSVirtualcamStateChanged extends Core<"obs.virtualcam_state_changed">, OBSSession {
  output_active: boolean
  output_state: string
}

/** Studio mode goes on or off. */
export interface OBSStudioModeStateChanged extends Core<"obs.studio_mode_state_changed">, OBSSession {
  studio_mode_enabled: boolean
}

/** A screenshot was saved. */
export interface OBSScreenshotSaved extends Core<"obs.screenshot_saved">, OBSSession {
  saved_screenshot_path: string
}

/** The scene collection is about to change. */
export interface OBSCurrentSceneCollectionChanging extends Core<"obs.current_scene_collection_changing">, OBSSession {
  scene_collection_name: string
}

/** The scene collection changed. */
export interface OBSCurrentSceneCollectionChanged extends Core<"obs.current_scene_collection_changed">, OBSSession {
  scene_collection_name: string
}

/** The list of scene collections changed. */
export interface OBSSceneCollectionListChanged extends Core<"obs.scene_collection_list_changed">, OBSSession {
  scene_collections: string[]
}

/** The profile is about to change. */
export interface OBSCurrentProfileChanging extends Core<"obs.current_profile_changing">, OBSSession {
  profile_name: string
}

/** The profile changed. */
export interface OBSCurrentProfileChanged extends Core<"obs.current_profile_changed">, OBSSession {
  profile_name: string
}

/** The list of profiles changed. */
export interface OBSProfileListChanged extends Core<"obs.profile_list_changed">, OBSSession {
  profiles: string[]
}

/** An input was made. */
export interface OBSInputCreated extends Core<"obs.input_created">, OBSSession {
  input_name: string
  input_uuid?: string
  input_kind: string
  unversioned_input_kind?: string
  input_settings?: unknown
}

/** An input was removed. */
export interface OBSInputRemoved extends Core<"obs.input_removed">, OBSSession {
  input_name: string
  input_uuid?: string
}

/** An input was renamed. */
export interface OBSInputNameChanged extends Core<"obs.input_name_changed">, OBSSession {
  input_uuid?: string
  old_input_name: string
  input_name: string
}

/** An input has other settings. */
export interface OBSInputSettingsChanged extends Core<"obs.input_settings_changed">, OBSSession {
  input_name: string
  input_uuid?: string
  input_settings?: unknown
}

/** An input comes on air or leaves it. */
export interface OBSInputActiveStateChanged extends Core<"obs.input_active_state_changed">, OBSSession {
  input_name: string
  input_uuid?: string
  video_active: boolean
}

/** An input is shown anywhere, or no more. */
export interface OBSInputShowStateChanged extends Core<"obs.input_show_state_changed">, OBSSession {
  input_name: string
  input_uuid?: string
  video_showing: boolean
}

/** An input is muted or unmuted. */
export interface OBSInputMuteStateChanged extends Core<"obs.input_mute_state_changed">, OBSSession {
  input_name: string
  input_uuid?: string
  input_muted: boolean
}

/** An input's volume changed. */
export interface OBSInputVolumeChanged extends Core<"obs.input_volume_changed">, OBSSession {
  input_name: string
  input_uuid?: string
  input_volume_mul: number
  input_volume_db: number
}

/** An input's balance changed. */
export interface OBSInputAudioBalanceChanged extends Core<"obs.input_audio_balance_changed">, OBSSession {
  input_name: string
  input_uuid?: string
  input_audio_balance: number
}

/** An input's audio is delayed by another time. */
export interface OBSInputAudioSyncOffsetChanged extends Core<"obs.input_audio_sync_offset_changed">, OBSSession {
  input_name: string
  input_uuid?: string
  input_audio_sync_offset: number
}

/** An input is on other audio tracks. */
export interface OBSInputAudioTracksChanged extends Core<"obs.input_audio_tracks_changed">, OBSSession {
  input_name: string
  input_uuid?: string
  input_audio_tracks: Record<string, boolean>
}

/** An input is monitored in another way. */
export interface OBSInputAudioMonitorTypeChanged extends Core<"obs.input_audio_monitor_type_changed">, OBSSession {
  input_name: string
  input_uuid?: string
  monitor_type: string
}

/** A media input plays. */
export interface OBSMediaInputPlaybackStarted extends Core<"obs.media_input_playback_started">, OBSSession {
  input_name: string
  input_uuid?: string
}

/** A media input is at its end. */
export interface OBSMediaInputPlaybackEnded extends Core<"obs.media_input_playback_ended">, OBSSession {
  input_name: string
  input_uuid?: string
}

/** A media input was told to play, pause, stop or jump. */
export interface OBSMediaInputActionTriggered extends Core<"obs.media_input_action_triggered">, OBSSession {
  input_name: string
  input_uuid?: string
  media_action: string
}

/** A source was put into a scene. */
export interface OBSSceneItemCreated extends Core<"obs.scene_item_created">, OBSSession {
  scene_name: string
  scene_uuid?: string
  source_name: string
  source_uuid?: string
  scene_item_id: number
  scene_item_index: number
}

/** A source was taken out of a scene. */
export interface OBSSceneItemRemoved extends Core<"obs.scene_item_removed">, OBSSession {
  scene_name: string
  scene_uuid?: string
  source_name: string
  source_uuid?: string
  scene_item_id: number
}

/** A scene's items are in another order. */
export interface OBSSceneItemListReindexed extends Core<"obs.scene_item_list_reindexed">, OBSSession {
  scene_name: string
  scene_uuid?: string
  scene_items: OBSSceneItem[]
}

/** A scene item is shown or hidden. */
export interface OBSSceneItemEnableStateChanged extends Core<"obs.scene_item_enable_state_changed">, OBSSession {
  scene_name: string
  scene_uuid?: string
  scene_item_id: number
  scene_item_enabled: boolean
}

/** A scene item is locked or unlocked. */
export interface OBSSceneItemLockStateChanged extends Core<"obs.scene_item_lock_state_changed">, OBSSession {
  scene_name: string
  scene_uuid?: string
  scene_item_id: number
  scene_item_locked: boolean
}

/** A scene item was selected in OBS. */
export interface OBSSceneItemSelected extends Core<"obs.scene_item_selected">, OBSSession {
  scene_name: string
  scene_uuid?: string
  scene_item_id: number
}

/** Scenes change by another transition. */
export interface OBSCurrentSceneTransitionChanged extends Core<"obs.current_scene_transition_changed">, OBSSession {
  transition_name: string
  transition_uuid?: string
}

/** Transitions take another time. */
export interface OBSCurrentSceneTransitionDurationChanged extends Core<"obs.current_scene_transition_duration_changed">, OBSSession {
  transition_duration: number
}

/** A transition begins. */
export interface OBSSceneTransitionStarted extends Core<"obs.scene_transition_started">, OBSSession {
  transition_name: string
  transition_uuid?: string
}

/** A transition is done. */
export interface OBSSceneTransitionEnded extends Core<"obs.scene_transition_ended">, OBSSession {
  transition_name: string
  transition_uuid?: string
}

/** A stinger's video is done. */
export interface OBSSceneTransitionVideoEnded extends Core<"obs.scene_transition_video_ended">, OBSSession {
  transition_name: string
  transition_uuid?: string
}

/** A source's filters are in another order. */
export interface OBSSourceFilterListReindexed extends Core<"obs.source_filter_list_reindexed">, OBSSession {
  source_name: string
  filters: OBSFilter[]
}

/** A filter was put on a source. */
export interface OBSSourceFilterCreated extends Core<"obs.source_filter_created">, OBSSession {
  source_name: string
  filter_name: string
  filter_kind: string
  filter_index: number
  filter_settings?: unknown
}

/** A filter was removed. */
export interface OBSSourceFilterRemoved extends Core<"obs.source_filter_removed">, OBSSession {
  source_name: string
  filter_name: string
}

/** A filter was renamed. */
export interface OBSSourceFilterNameChanged extends Core<"obs.source_filter_name_changed">, OBSSession {
  source_name: string
  old_filter_name: string
  filter_name: string
}

/** A filter has other settings. */
export interface OBSSourceFilterSettingsChanged extends Core<"obs.source_filter_settings_changed">, OBSSession {
  source_name: string
  filter_name: string
  filter_settings?: unknown
}

/** A filter goes on or off. */
export interface OBSSourceFilterEnableStateChanged extends Core<"obs.source_filter_enable_state_changed">, OBSSession {
  source_name: string
  filter_name: string
  filter_enabled: boolean
}

/** An OBS plugin has an event of its own. */
export interface OBSVendorEvent extends Core<"obs.vendor_event">, OBSSession {
  vendor_name: string
  event_type: string
  event_data?: unknown
}

/** A client of obs-websocket broadcasts something to all. */
export interface OBSCustomEvent extends Core<"obs.custom_event">, OBSSession {
  event_data?: unknown
}

/** Landale reloads a browser source whose page is gone or frozen. */
export interface OBSSourceHealing extends Core<"obs.source_healing">, OBSSession {
  input_name: string
  page: string
  attempt: number
  method: "refresh" | "swap"
  reason: "gone" | "frozen"
}

/** A browser source's page lives again. */
export interface OBSSourceHealed extends Core<"obs.source_healed">, OBSSession {
  input_name: string
  page: string
  attempts: number
}

/** Something about OBS needs the streamer's eye. */
export interface OBSWarningRaised extends Core<"obs.warning_raised">, OBSSession {
  warning: string
  subject?: string
  message: string
}

/** What needed the streamer's eye is over. */
export interface OBSWarningCleared extends Core<"obs.warning_cleared">, OBSSession {
  warning: string
  subject?: string
  message: string
  /** seconds */
  duration: number
}

/** What was said, recognised for good. Old clients take each one as finished text. */
export interface TranscriptionFinal extends Core<"transcription.final">, Transcript {}

/** What is being said, until more of it or the final takes its place. */
export interface TranscriptionPartial extends Core<"transcription.partial">, Transcript {}

/** What is said from now on belongs to this session. */
export interface TranscriptionSessionStarted extends Core<"transcription.session_started"> {
  stream_session_id: string
}

/** A session is over. */
export interface TranscriptionSessionEnded extends Core<"transcription.session_ended"> {
  stream_session_id: string
}

/** A game has started. */
export interface IronMONInit extends Core<"ironmon.init"> {
  game_type: number
  game_name?: string
  version: string
  difficulty?: string
  run_id?: number
}

/** The game's run counter. */
export interface IronMONSeed extends Core<"ironmon.seed"> {
  seed_count: number
}

/** A checkpoint was passed. */
export interface IronMONCheckpoint extends Core<"ironmon.checkpoint"> {
  checkpoint_id: number
  checkpoint_name: string
  seed_count?: number
  location_id?: number
  location_name?: string
}

/** The player is at another place. */
export interface IronMONLocation extends Core<"ironmon.location"> {
  location_id: number
  location_name?: string
}

/** A battle begins. */
export interface IronMONBattleStart extends Core<"ironmon.battle_start"> {
  battle_type?: string
  trainer_name: string
  opponent_pokemon?: unknown
}

/** A battle is over. */
export interface IronMONBattleEnd extends Core<"ironmon.battle_end"> {
  battle_result: "win" | "loss" | "run"
  winner?: string
}

/** The team changed. */
export interface IronMONPokemonUpdate extends Core<"ironmon.pokemon_update"> {
  pokemon_name?: string
  level?: number
  hp?: number
  status?: string
  team?: unknown
}

/** The bag changed. */
export interface IronMONItemUpdate extends Core<"ironmon.item_update"> {
  items?: unknown
}

/** Figures of the game changed. */
export interface IronMONStatsUpdate extends Core<"ironmon.stats_update"> {
  stats?: unknown
}

/** A new run has begun. */
export interface IronMONRunStarted extends Core<"ironmon.run_started"> {
  seed_id: number
  challenge_id: number
  run_id: number
}

/** A checkpoint was written down for the run. */
export interface IronMONRunCheckpoint extends Core<"ironmon.run_checkpoint"> {
  seed_id: number
  checkpoint: string
  passed: boolean
  run_id: number
}

/** The game's plugin reports an error. */
export interface IronMONError extends Core<"ironmon.error"> {
  code: string
  message: string
}

/** The radio changed in any way, or could not be asked. */
export interface RainwaveUpdate extends Core<"rainwave.update">, Station, Song {
  listening: boolean
  enabled: boolean
}

/** Another song plays. */
export interface RainwaveSongChanged extends Core<"rainwave.song_changed">, Station, Song {
  listening: boolean
  enabled: boolean
}

/** The owner listens to another station. */
export interface RainwaveStationChanged extends Core<"rainwave.station_changed">, Station {
  previous_station_id: number
  listening: boolean
}

/** The owner begins to listen. */
export interface RainwaveListeningStarted extends Core<"rainwave.listening_started">, Station {
  listening: boolean
}

/** The owner listens no more. */
export interface RainwaveListeningStopped extends Core<"rainwave.listening_stopped">, Station {
  listening: boolean
}

/** Landale has started. */
export interface SystemStartup extends Core<"system.startup"> {
  version: string
  reason?: string
}

/** Landale stops in good order. */
export interface SystemShutdown extends Core<"system.shutdown"> {
  version: string
  reason: string
}

/** Something is wrong that a person must mend. */
export interface SystemError extends Core<"system.error"> {
  version?: string
  reason: string
}

/** A part or a managed process runs. */
export interface SystemServiceStarted extends Core<"system.service_started"> {
  service_name: string
  service_status: string
  version?: string
  pid?: number
  reason?: string
}

/** A part or a managed process no longer runs. */
export interface SystemServiceStopped extends Core<"system.service_stopped"> {
  service_name: string
  service_status: string
  version?: string
  pid?: number
  reason: string
}

/** How a part was found when looked at. */
export interface SystemHealthCheck extends Core<"system.health_check"> {
  service_name: string
  health_status: string
  checks_passed: number
  checks_failed: number
  uptime: number
  memory?: number
  cpu?: number
  disk?: number
  error_count: number
}

/** One figure of the program. */
export interface SystemPerformanceMetric extends Core<"system.performance_metric"> {
  metric_name: string
  value: number
  unit: string
  component: string
}

/** Another show begins, because of another category. */
export interface StreamShowChanged extends Core<"stream.show_changed"> {
  show: string
  game: Game
  title: string
  changed_at: Time
}

/** A takeover covers the screen. */
export interface StreamTakeoverStarted extends Core<"stream.takeover_started"> {
  takeover_type: "technical-difficulties" | "screen-cover" | "please-stand-by" | "custom"
  message: string
  duration: number | null
}

/** The screen is uncovered again. */
export interface StreamTakeoverCleared extends Core<"stream.takeover_cleared"> {
  takeover_type?: string
  reason?: string
}

/** One chatter used emotes while their card is on screen. */
export interface StreamEmoteIncrement extends Core<"stream.emote_increment"> {
  emotes: string[]
  native_emotes: string[]
  username: string
}

/** The goals as they now are. */
export interface StreamGoalsUpdated extends Core<"stream.goals_updated"> {
  follower_goal?: GoalState
  sub_goal?: GoalState
  new_sub_goal?: GoalState
}

/** An item left the screen or the queue before its time. */
export interface StreamInterruptRemoved extends Core<"stream.interrupt_removed"> {
  item_id: string
  item_type: string
  reason?: string
}

/** Every known type. */
export interface EventMap {
  "stream.online": StreamOnline
  "stream.offline": StreamOffline
  "channel.update": ChannelUpdate
  "channel.follow": ChannelFollow
  "channel.subscribe": ChannelSubscribe
  "channel.subscription.end": ChannelSubscriptionEnd
  "channel.subscription.gift": ChannelSubscriptionGift
  "channel.subscription.message": ChannelSubscriptionMessage
  "channel.cheer": ChannelCheer
  "channel.bits.use": ChannelBitsUse
  "channel.raid": ChannelRaid
  "channel.chat.message": ChannelChatMessage
  "channel.chat.message_delete": ChannelChatMessageDelete
  "channel.chat.clear_user_messages": ChannelChatClearUserMessages
  "channel.chat.clear": ChannelChatClear
  "channel.chat.notification": ChannelChatNotification
  "channel.chat_settings.update": ChannelChatSettingsUpdate
  "channel.shared_chat.begin": ChannelSharedChatBegin
  "channel.shared_chat.update": ChannelSharedChatUpdate
  "channel.shared_chat.end": ChannelSharedChatEnd
  "channel.channel_points_custom_reward.add": ChannelPointsCustomRewardAdd
  "channel.channel_points_custom_reward.update": ChannelPointsCustomRewardUpdate
  "channel.channel_points_custom_reward.remove": ChannelPointsCustomRewardRemove
  "channel.channel_points_custom_reward_redemption.add": ChannelPointsCustomRewardRedemptionAdd
  "channel.channel_points_custom_reward_redemption.update": ChannelPointsCustomRewardRedemptionUpdate
  "channel.channel_points_automatic_reward_redemption.add": ChannelPointsAutomaticRewardRedemptionAdd
  "channel.poll.begin": ChannelPollBegin
  "channel.poll.progress": ChannelPollProgress
  "channel.poll.end": ChannelPollEnd
  "channel.prediction.begin": ChannelPredictionBegin
  "channel.prediction.progress": ChannelPredictionProgress
  "channel.prediction.lock": ChannelPredictionLock
  "channel.prediction.end": ChannelPredictionEnd
  "channel.hype_train.begin": ChannelHypeTrainBegin
  "channel.hype_train.progress": ChannelHypeTrainProgress
  "channel.hype_train.end": ChannelHypeTrainEnd
  "channel.goal.begin": ChannelGoalBegin
  "channel.goal.progress": ChannelGoalProgress
  "channel.goal.end": ChannelGoalEnd
  "channel.charity_campaign.start": ChannelCharityCampaignStart
  "channel.charity_campaign.donate": ChannelCharityCampaignDonate
  "channel.charity_campaign.progress": ChannelCharityCampaignProgress
  "channel.charity_campaign.stop": ChannelCharityCampaignStop
  "channel.shoutout.create": ChannelShoutoutCreate
  "channel.shoutout.receive": ChannelShoutoutReceive
  "channel.vip.add": ChannelVIPAdd
  "channel.vip.remove": ChannelVIPRemove
  "channel.moderator.add": ChannelModeratorAdd
  "channel.moderator.remove": ChannelModeratorRemove
  "channel.ban": ChannelBan
  "channel.unban": ChannelUnban
  "channel.unban_request.create": ChannelUnbanRequestCreate
  "channel.unban_request.resolve": ChannelUnbanRequestResolve
  "channel.shield_mode.begin": ChannelShieldModeBegin
  "channel.shield_mode.end": ChannelShieldModeEnd
  "channel.ad_break.begin": ChannelAdBreakBegin
  "user.update": UserUpdate
  "user.whisper.message": UserWhisperMessage
  "twitch.service_status": TwitchServiceStatus
  "twitch.viewer_sample": TwitchViewerSample
  "obs.connection_established": OBSConnectionEstablished
  "obs.connection_lost": OBSConnectionLost
  "obs.exit_started": OBSExitStarted
  "obs.current_program_scene_changed": OBSCurrentProgramSceneChanged
  "obs.current_preview_scene_changed": OBSCurrentPreviewSceneChanged
  "obs.scene_created": OBSSceneCreated
  "obs.scene_removed": OBSSceneRemoved
  "obs.scene_name_changed": OBSSceneNameChanged
  "obs.scene_list_changed": OBSSceneListChanged
  "obs.stream_state_changed": OBSStreamStateChanged
  "obs.record_state_changed": OBSRecordStateChanged
  "obs.record_file_changed": OBSRecordFileChanged
  "obs.replay_buffer_state_changed": OBSReplayBufferStateChanged
  "obs.replay_buffer_saved": OBSReplayBufferSaved
  "obs.virtualcam_state_changed": OBSVirtualcamStateChanged
  "obs.studio_mode_state_changed": OBSStudioModeStateChanged
  "obs.screenshot_saved": OBSScreenshotSaved
  "obs.current_scene_collection_changing": OBSCurrentSceneCollectionChanging
  "obs.current_scene_collection_changed": OBSCurrentSceneCollectionChanged
  "obs.scene_collection_list_changed": OBSSceneCollectionListChanged
  "obs.current_profile_changing": OBSCurrentProfileChanging
  "obs.current_profile_changed": OBSCurrentProfileChanged
  "obs.profile_list_changed": OBSProfileListChanged
  "obs.input_created": OBSInputCreated
  "obs.input_removed": OBSInputRemoved
  "obs.input_name_changed": OBSInputNameChanged
  "obs.input_settings_changed": OBSInputSettingsChanged
  "obs.input_active_state_changed": OBSInputActiveStateChanged
  "obs.input_show_state_changed": OBSInputShowStateChanged
  "obs.input_mute_state_changed": OBSInputMuteStateChanged
  "obs.input_volume_changed": OBSInputVolumeChanged
  "obs.input_audio_balance_changed": OBSInputAudioBalanceChanged
  "obs.input_audio_sync_offset_changed": OBSInputAudioSyncOffsetChanged
  "obs.input_audio_tracks_changed": OBSInputAudioTracksChanged
  "obs.input_audio_monitor_type_changed": OBSInputAudioMonitorTypeChanged
  "obs.media_input_playback_started": OBSMediaInputPlaybackStarted
  "obs.media_input_playback_ended": OBSMediaInputPlaybackEnded
  "obs.media_input_action_triggered": OBSMediaInputActionTriggered
  "obs.scene_item_created": OBSSceneItemCreated
  "obs.scene_item_removed": OBSSceneItemRemoved
  "obs.scene_item_list_reindexed": OBSSceneItemListReindexed
  "obs.scene_item_enable_state_changed": OBSSceneItemEnableStateChanged
  "obs.scene_item_lock_state_changed": OBSSceneItemLockStateChanged
  "obs.scene_item_selected": OBSSceneItemSelected
  "obs.current_scene_transition_changed": OBSCurrentSceneTransitionChanged
  "obs.current_scene_transition_duration_changed": OBSCurrentSceneTransitionDurationChanged
  "obs.scene_transition_started": OBSSceneTransitionStarted
  "obs.scene_transition_ended": OBSSceneTransitionEnded
  "obs.scene_transition_video_ended": OBSSceneTransitionVideoEnded
  "obs.source_filter_list_reindexed": OBSSourceFilterListReindexed
  "obs.source_filter_created": OBSSourceFilterCreated
  "obs.source_filter_removed": OBSSourceFilterRemoved
  "obs.source_filter_name_changed": OBSSourceFilterNameChanged
  "obs.source_filter_settings_changed": OBSSourceFilterSettingsChanged
  "obs.source_filter_enable_state_changed": OBSSourceFilterEnableStateChanged
  "obs.vendor_event": OBSVendorEvent
  "obs.custom_event": OBSCustomEvent
  "obs.source_healing": OBSSourceHealing
  "obs.source_healed": OBSSourceHealed
  "obs.warning_raised": OBSWarningRaised
  "obs.warning_cleared": OBSWarningCleared
  "transcription.final": TranscriptionFinal
  "transcription.partial": TranscriptionPartial
  "transcription.session_started": TranscriptionSessionStarted
  "transcription.session_ended": TranscriptionSessionEnded
  "ironmon.init": IronMONInit
  "ironmon.seed": IronMONSeed
  "ironmon.checkpoint": IronMONCheckpoint
  "ironmon.location": IronMONLocation
  "ironmon.battle_start": IronMONBattleStart
  "ironmon.battle_end": IronMONBattleEnd
  "ironmon.pokemon_update": IronMONPokemonUpdate
  "ironmon.item_update": IronMONItemUpdate
  "ironmon.stats_update": IronMONStatsUpdate
  "ironmon.run_started": IronMONRunStarted
  "ironmon.run_checkpoint": IronMONRunCheckpoint
  "ironmon.error": IronMONError
  "rainwave.update": RainwaveUpdate
  "rainwave.song_changed": RainwaveSongChanged
  "rainwave.station_changed": RainwaveStationChanged
  "rainwave.listening_started": RainwaveListeningStarted
  "rainwave.listening_stopped": RainwaveListeningStopped
  "system.startup": SystemStartup
  "system.shutdown": SystemShutdown
  "system.error": SystemError
  "system.service_started": SystemServiceStarted
  "system.service_stopped": SystemServiceStopped
  "system.health_check": SystemHealthCheck
  "system.performance_metric": SystemPerformanceMetric
  "stream.show_changed": StreamShowChanged
  "stream.takeover_started": StreamTakeoverStarted
  "stream.takeover_cleared": StreamTakeoverCleared
  "stream.emote_increment": StreamEmoteIncrement
  "stream.goals_updated": StreamGoalsUpdated
  "stream.interrupt_removed": StreamInterruptRemoved
}

export type EventType = keyof EventMap

/** An event of a known type; a switch over its type narrows it. */
export type LandaleEvent = EventMap[EventType]

/** Narrows an event to one known type. */
export function isEvent<T extends EventType>(e: { type: string }, type: T): e is EventMap[T] {
  return e.type === type
}

// What pages are told beside events.

/** Part is what the program knows of one part: its own word and what its supervisor saw. */
export interface Part {
  name: string
  state: State
  reason: string
  /** since is when it entered the state. */
  since: Time
  /** restarts counts restarts since the program began. */
  restarts: number
  /** last_error is the newest error that ended the part; it stays after recovery. */
  last_error: string
  last_error_at?: Time
  fresh?: Time
  details?: Record<string, unknown>
}

/** Problem is something in the config file that is wrong. */
export interface Problem {
  file: string
  line: number
  column: number
  /** key is the dotted path, "http.listen"; a part's own Validate leaves the section, the file and the place to main. */
  key: string
  /** value is what stands there, as it was written; empty if that does not help. */
  value?: string
  /** message says what is wrong, hint what would be right. */
  message: string
  hint: string
}

/** LogLine is one line of the program's log. */
export interface LogLine {
  seq: number
  time: Time
  level: string
  part: string
  message: string
  attrs?: Record<string, unknown>
}

/** Page is an answer to a Query. */
export interface Page {
  hits: Hit[]
  /** next is the cursor for what follows, empty at the end. */
  next: string
}

/** Hit is one event that a Query found. */
export interface Hit {
  event: AnyEvent
  /** snippet is the text around the words, which stand between U+0002 and U+0003; empty when no words were asked for. */
  snippet?: string
  /** stream is the broadcast that it happened in, 0 for none. */
  stream?: number
}

/** Bucket counts what happened from start to before end. */
export interface Bucket {
  start: Time
  end: Time
  /** counts has the types that happened. */
  counts: Record<string, number>
  total: number
  /** known is false when the program was not running for any part of the bucket and nothing was counted: no data is not zero. */
  known: boolean
  /** stream is the broadcast of a ByStream bucket. */
  stream?: number
}

/** Stream is one broadcast. Breaks of a few minutes do not end it. */
export interface Stream {
  id: number
  /** twitch_id is Twitch's own id of it, if it was told. */
  twitch_id?: string
  started_at: Time
  /** ended_at is zero while it is live. */
  ended_at?: Time
  title: string
  category_id: string
  category_name: string
  /** session is the stream_session_id of what was said in it. */
  session: string
}

/** Person is a user of Twitch as this channel knows them. */
export interface Person extends User {
  nickname: string
  pronouns: string
  notes: string
  first_seen: Time
  last_seen: Time
  /** messages counts chat lines, events everything else they did. */
  messages: number
  events: number
}

/** PersonEdit changes what the owner writes about a person; nil leaves it. */
export interface PersonEdit {
  nickname: string | null
  pronouns: string | null
  notes: string | null
}

/** TranscriptStats sums up what was said in a time. */
export interface TranscriptStats {
  total_count: number
  /** seconds */
  total_duration: number
  unique_sessions: number
  /** avg_confidence is the mean over those that have one, nil if none has. */
  avg_confidence: number | null
}

/** ActivityStats sums up what happened in a time. */
export interface ActivityStats {
  total_events: number
  unique_users: number
  chat_messages: number
  follows: number
  subscriptions: number
  cheers: number
  most_active_users: ActivityCount[]
}

/** ActivityCount is how much one person wrote. */
export interface ActivityCount {
  user_login: string
  message_count: number
}

/** BusStats is what telemetry shows of the bus. */
export interface BusStats {
  published: number
  repeats: number
  subscribers: SubscriptionStats[]
}

/** SubscriptionStats is what telemetry shows of one subscriber. */
export interface SubscriptionStats {
  name: string
  waiting: number
  capacity: number
  dropped: number
}

/** What may stand after "events:" in a topic. */
export const FILTERS = ["all", "twitch", "obs", "ironmon", "system", "audio", "ai", "operator", "music", "rainwave", "stream", "chat", "goals", "interactions", "dashboard"] as const
export type Filter = (typeof FILTERS)[number]
