#include "export/trainer_main.h"
#include "models/ultralytics/trainer.h"

int main(int argc, char** argv) { return modelport::trainer_main(modelport::ultralytics_trainer(), argc, argv); }
