package event

// Fields that the game's plugin does not send are left out of these, not null.

// IronMONInit is a game that has started.
type IronMONInit struct {
	GameType   int    `json:"game_type" rule:"min=1"`
	GameName   string `json:"game_name,omitempty"`
	Version    string `json:"version"`
	Difficulty string `json:"difficulty,omitempty"`
	RunID      int64  `json:"run_id,omitempty"`
}

func (IronMONInit) EventType() Type { return "ironmon.init" }

// Text is the game and its version.
func (i IronMONInit) Text() string { return words(i.GameName, i.Version) }

// IronMONSeed is the game's own run counter.
type IronMONSeed struct {
	SeedCount int64 `json:"seed_count" rule:"min=0"`
}

func (IronMONSeed) EventType() Type { return "ironmon.seed" }

// IronMONCheckpoint is a checkpoint that the plugin reports as passed.
type IronMONCheckpoint struct {
	CheckpointID   int64  `json:"checkpoint_id"`
	CheckpointName string `json:"checkpoint_name" rule:"required"`
	SeedCount      int64  `json:"seed_count,omitempty" rule:"min=0"`
	LocationID     *int64 `json:"location_id,omitempty"`
	LocationName   string `json:"location_name,omitempty"`
}

func (IronMONCheckpoint) EventType() Type { return "ironmon.checkpoint" }

// Text is the checkpoint and where it is.
func (c IronMONCheckpoint) Text() string { return words(c.CheckpointName, c.LocationName) }

// IronMONLocation is where the player now is.
type IronMONLocation struct {
	LocationID   int64  `json:"location_id"`
	LocationName string `json:"location_name,omitempty"`
}

func (IronMONLocation) EventType() Type { return "ironmon.location" }

// Text is the place.
func (l IronMONLocation) Text() string { return l.LocationName }

// IronMONBattleStart is a battle that begins. The opponent's team is as the
// plugin sent it.
type IronMONBattleStart struct {
	BattleType      string `json:"battle_type,omitempty"`
	TrainerName     string `json:"trainer_name"`
	OpponentPokemon JSON   `json:"opponent_pokemon,omitempty"`
}

func (IronMONBattleStart) EventType() Type { return "ironmon.battle_start" }

// Text is the trainer.
func (b IronMONBattleStart) Text() string { return b.TrainerName }

// IronMONBattleEnd is a battle that is over.
type IronMONBattleEnd struct {
	BattleResult string `json:"battle_result" rule:"oneof=win|loss|run"`
	Winner       string `json:"winner,omitempty"`
}

func (IronMONBattleEnd) EventType() Type { return "ironmon.battle_end" }

// IronMONPokemonUpdate is the leading Pokémon, and the whole team as the plugin
// sent it.
type IronMONPokemonUpdate struct {
	PokemonName string `json:"pokemon_name,omitempty"`
	Level       int    `json:"level,omitempty" rule:"min=0"`
	HP          *int   `json:"hp,omitempty"`
	Status      string `json:"status,omitempty"`
	Team        JSON   `json:"team,omitempty"`
}

func (IronMONPokemonUpdate) EventType() Type { return "ironmon.pokemon_update" }

// Text is the Pokémon.
func (u IronMONPokemonUpdate) Text() string { return u.PokemonName }

// IronMONItemUpdate is the bag, as the plugin sent it.
type IronMONItemUpdate struct {
	Items JSON `json:"items,omitempty"`
}

func (IronMONItemUpdate) EventType() Type { return "ironmon.item_update" }

// IronMONStatsUpdate is figures of the game, as the plugin sent them.
type IronMONStatsUpdate struct {
	Stats JSON `json:"stats,omitempty"`
}

func (IronMONStatsUpdate) EventType() Type { return "ironmon.stats_update" }

// IronMONRunStarted is a new run, made of a seed that was not known.
type IronMONRunStarted struct {
	SeedID      int64 `json:"seed_id"`
	ChallengeID int64 `json:"challenge_id"`
	RunID       int64 `json:"run_id"`
}

func (IronMONRunStarted) EventType() Type { return "ironmon.run_started" }

// IronMONRunCheckpoint is a checkpoint written down for the current run, passed
// or lost at.
type IronMONRunCheckpoint struct {
	SeedID     int64  `json:"seed_id"`
	Checkpoint string `json:"checkpoint" rule:"required"`
	Passed     bool   `json:"passed"`
	RunID      int64  `json:"run_id"`
}

func (IronMONRunCheckpoint) EventType() Type { return "ironmon.run_checkpoint" }

// Text is the checkpoint.
func (c IronMONRunCheckpoint) Text() string { return c.Checkpoint }

// IronMONError is what the plugin reports as wrong.
type IronMONError struct {
	Code    string `json:"code"`
	Message string `json:"message" rule:"free"`
}

func (IronMONError) EventType() Type { return "ironmon.error" }

// Text is the message.
func (e IronMONError) Text() string { return e.Message }
